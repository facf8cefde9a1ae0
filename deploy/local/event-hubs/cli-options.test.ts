import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './cli-options.ts';

const parse = (args: string[], env: NodeJS.ProcessEnv = {}) => {
  const command = parseCommandLine(args, env, '/checkout');
  if (command.help) throw new Error('It asked for help.');
  return command.options;
};

describe('the command line', () => {
  it('has a default for everything', () => {
    expect(parse([])).toEqual({
      port: 5672,
      allowRemote: false,
      dataDirectory: '/checkout/.tashika/event-hubs',
      hubs: [{ name: 'telemetry', partitionCount: 4, consumerGroups: ['dashboard'] }],
      retention: { maxAgeMs: 24 * 3_600_000, maxBytes: 2 ** 28 },
      fsync: false,
    });
  });

  it('takes flags before variables', () => {
    const env = { TASHIKA_EVENT_HUBS_PORT: '1', TASHIKA_DATA: '/data' };
    expect(parse([], env)).toMatchObject({ port: 1, dataDirectory: '/data/event-hubs' });
    expect(parse(['--port', '2', '--data', '/elsewhere'], env)).toMatchObject({ port: 2, dataDirectory: '/elsewhere' });
    expect(parse([], { TASHIKA_EVENT_HUBS_PORT: '', TASHIKA_DATA: 'mine' })).toMatchObject({
      port: 5672,
      dataDirectory: '/checkout/mine/event-hubs',
    });
  });

  it('takes several hubs and consumer groups', () => {
    const args = [
      '--hub',
      'a:1',
      '--hub',
      'b:32',
      '--consumer-group',
      'x',
      '--consumer-group',
      'y',
      '--retention-hours',
      '0.5',
    ];
    const consumerGroups = ['x', 'y'];
    expect(parse([...args, '--retention-bytes', '1000', '--host', '::1', '--allow-remote', '--fsync'])).toMatchObject({
      hubs: [
        { name: 'a', partitionCount: 1, consumerGroups },
        { name: 'b', partitionCount: 32, consumerGroups },
      ],
      retention: { maxAgeMs: 1_800_000, maxBytes: 1000 },
      host: '::1',
      allowRemote: true,
      fsync: true,
    });
  });

  it('takes a door with TLS, and whose bearer tokens are believed', () => {
    const tls = ['--tls-port', '0', '--tls-cert', 'c', '--tls-key', 'k'];
    expect(parse([...tls, '--identities', 'i'])).toMatchObject({
      tls: { port: 0, certFile: 'c', keyFile: 'k' },
      identitiesFile: 'i',
    });
    expect(() => parse(['--tls-port', '0'])).toThrow('--tls-port, --tls-cert and --tls-key go together.');
    expect(() => parse([...tls, '--tls-port', 'x'])).toThrow('--tls-port takes');
  });

  it('explains itself', () => {
    expect(parseCommandLine(['--help'], {}, '/')).toEqual({ help: true });
  });

  it('names what is wrong', () => {
    const wrong: [string[], NodeJS.ProcessEnv, string][] = [
      [['--port', 'http'], {}, '--port'],
      [['--port', '65536'], {}, '--port'],
      [['--port', '1.5'], {}, '--port'],
      [[], { TASHIKA_EVENT_HUBS_PORT: 'x' }, 'TASHIKA_EVENT_HUBS_PORT'],
      [['--hub', 'telemetry'], {}, '--hub'],
      [['--hub', ':4'], {}, '--hub'],
      [['--retention-hours', '0'], {}, '--retention-hours'],
      [['--retention-bytes', ''], {}, '--retention-bytes'],
      [['--nonsense'], {}, '--nonsense'],
      [['stray'], {}, 'stray'],
    ];
    for (const [args, env, named] of wrong) {
      expect(() => parse(args, env)).toThrow(
        expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(named) }),
      );
    }
  });
});
