import { describe, expect, it } from 'vitest';
import { HELP, parseCommandLine } from './cli-options.ts';

const parse = (args: readonly string[], env: Record<string, string> = {}) => {
  const command = parseCommandLine(args, env, '/checkout');
  if (command.help) throw new Error('asked for help');
  return command.options;
};

describe('the command line of the SORACOM API alone', () => {
  it('needs nothing', () => {
    const { sims, ...options } = parse([]);
    expect(options).toEqual({ port: 8091, dataDirectory: '/checkout/.tashika/soracom' });
    expect(sims).toHaveLength(188);
  });

  it('wins over the environment', () => {
    const env = { TASHIKA_SORACOM_API_PORT: '9000', TASHIKA_DATA: 'elsewhere' };
    expect(parse([], env)).toMatchObject({ port: 9000, dataDirectory: '/checkout/elsewhere/soracom' });
    expect(parse(['--port=0', '--data', '/d', '--sims', '2'], env)).toMatchObject({
      ...{ port: 0, dataDirectory: '/d' },
      sims: [{ sim: { imsi: '295000000065537' } }, { sim: { imsi: '295000000065538' } }],
    });
  });

  it.each([
    [['--prot', '1'], {}, /--prot/],
    [['--port', '65536'], {}, /--port takes a whole number/],
    [['--sims=-1'], {}, /--sims takes a whole number/],
    [[], { TASHIKA_SORACOM_API_PORT: 'high' }, /TASHIKA_SORACOM_API_PORT/],
  ])('refuses %j with %j', (args, env, message) => {
    expect(() => parse(args, env)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    );
  });

  it('is explained', () => {
    for (const flag of ['--port', '--data', '--sims', '--help']) expect(HELP).toContain(`${flag} `);
    expect(parseCommandLine(['-h'], {}, '/')).toEqual({ help: true });
  });
});
