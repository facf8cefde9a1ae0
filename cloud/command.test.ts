import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CommandProcess, runCommand } from './command.ts';

const CONNECTION = 'TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING';
const SERVER = { TASHIKA_CLOUD_STORE_URL: 'postgres://tashika@127.0.0.1:1/tashika' };

/** What the command comes to in a process that has no other settings than these. */
async function outcome(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const host = Object.assign(new EventEmitter(), {
    env: {
      [CONNECTION]: 'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=listen;SharedAccessKey=eA==;EntityPath=telemetry',
      TASHIKA_CLOUD_STORE_URL: 'pglite:memory',
      TASHIKA_CLOUD_API_PORT: '0',
      TASHIKA_CLOUD_WORKER_PORT: '0',
      ...env,
    },
    stdin: new PassThrough(),
    stdout,
    stderr,
  });
  const code = await runCommand(args, host as unknown as CommandProcess);
  return { stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? ''), code };
}

describe('the command line of tashika-cloud', () => {
  it('explains itself', async () => {
    const explained = { stdout: expect.stringContaining('tashika-cloud worker [--config FILE]'), stderr: '', code: 0 };
    expect(await outcome(['--help'])).toEqual(explained);
  });

  it.each([
    [['serve'], {}, 2, /^USAGE: Unknown command: serve\. tashika-cloud --help lists what there is\.\n$/],
    [[], {}, 2, /^USAGE: A command is missing\./],
    [['all', '--verbose'], {}, 2, /^USAGE: Unknown option '--verbose'/],
    [['worker'], {}, 78, /^CONFIG_INVALID: store\.url is pglite:.*tashika-cloud all.*PostgreSQL/],
    [['api'], {}, 78, /^CONFIG_INVALID: store\.url is pglite:/],
    [['all'], { TASHIKA_CLOUD_API_HOST: '0.0.0.0' }, 78, /^ADDRESS_REFUSED: api\.host is 0\.0\.0\.0/],
    [
      ['worker'],
      { ...SERVER, TASHIKA_CLOUD_WORKER_HOST: '0.0.0.0' },
      78,
      /^ADDRESS_REFUSED: worker\.host is 0\.0\.0\.0/,
    ],
    [
      ['worker'],
      { ...SERVER, [CONNECTION]: '' },
      78,
      /^CONFIG_INVALID: eventHubs\.connectionString is missing.*STRING/,
    ],
    [['all'], { [CONNECTION]: '' }, 78, /^CONFIG_INVALID: eventHubs\.connectionString is missing/],
    [
      ['all'],
      { [CONNECTION]: 'Endpoint=sb://h' },
      78,
      /^CONFIG_INVALID: eventHubs\.connectionString must have a Shared/,
    ],
    [['all'], { TASHIKA_CLOUD_STORE_URL: 'tashika' }, 78, /^CONFIG_INVALID: store\.url must be pglite:/],
    [['api'], { TASHIKA_CLOUD_STORE_URL: 'postgres://a:b#c@host/db' }, 78, /^CONFIG_INVALID: store\.url is no URL/],
    [['all'], { TASHIKA_CLOUD_API_WEB_DIRECTORY: '/nowhere' }, 78, /^CONFIG_INVALID: api\.webDirectory is \/nowhere, /],
    [['all'], { TASHIKA_CLOUD_API_PORT: 'eighty' }, 78, /^CONFIG_INVALID: .*api\.port/],
    [['all', '--config', '/nowhere.json'], {}, 78, /^CONFIG_UNREADABLE: .*\/nowhere\.json/],
  ])('says in a line what is wrong with %j %j', async (args, env, code, line) => {
    expect(await outcome(args, env)).toEqual({ stdout: '', stderr: expect.stringMatching(line), code });
  });
});
