import { describe, expect, it } from 'vitest';
import { loadLocalConfiguration } from '../config/index.ts';
import { FLAGS, parseArguments } from './arguments.ts';
import { helpText } from './help.ts';

function configured(args: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseArguments(args);
  if (parsed.help) throw new Error('asked for help');
  return loadLocalConfiguration(env, parsed.overrides);
}

describe('the command line of npm start', () => {
  it('needs nothing', () => {
    expect(configured([])).toMatchObject({
      data: '.tashika',
      api: { port: 8080 },
      funnel: { httpPort: 8088, port: 23_080, lose: 0 },
      eventHubs: { port: 5672 },
      metadata: { port: 8090 },
      beam: { port: 8888 },
      fleet: { devices: 188, rate: 0.1 },
    });
  });

  it('lets a rollout be watched, with a fleet that is quick to judge unless another is asked for', () => {
    expect(configured([])).toMatchObject({ rollout: 'none' });
    expect(configured(['--rollout', 'demo'])).toMatchObject({ rollout: 'demo', fleet: { devices: 100, rate: 0.5 } });
    const env = { TASHIKA_ROLLOUT: 'demo', TASHIKA_FLEET_DEVICES: '60' };
    expect(configured(['--rate', '1'], env)).toMatchObject({
      rollout: 'demo',
      fleet: { devices: 60, rate: 1, seed: 1 },
    });
  });

  it('wins over the environment', () => {
    const env = { TASHIKA_FLEET_DEVICES: '3', TASHIKA_FUNNEL_LOSE: '0.5', TASHIKA_API_PORT: '9090' };
    expect(configured(['--devices', '0', '--funnel-double=0.05'], env)).toMatchObject({
      fleet: { devices: 0 },
      funnel: { lose: 0.5, double: 0.05 },
      api: { port: 9090 },
    });
  });

  it.each([
    [['--device', '3'], /--device/],
    [['--devices', 'many'], /--devices takes a number, found "many"/],
    [['--devices='], /--devices takes a number/],
    [['start'], /start/],
  ])('refuses %j', (args, message) => {
    expect(() => parseArguments(args)).toThrowError(
      expect.objectContaining({ code: 'USAGE', message: expect.stringMatching(message) }),
    );
  });

  it.each([
    [['--funnel-lose', '1.5'], 'funnel.lose'],
    [['--devices=-1'], 'fleet.devices'],
    [['--rate', '0'], 'fleet.rate'],
    [['--rollout', 'everything'], 'rollout'],
  ])('names the setting that %j puts out of range', (args, setting) => {
    expect(() => configured(args)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(setting) }),
    );
  });

  it("leaves the programs' own settings to them and finds a slip of the finger", () => {
    expect(configured([], { TASHIKA_EDGE_REGION: '13', TASHIKA_CLOUD_LOG_LEVEL: 'debug' })).toBeDefined();
    expect(() => configured([], { TASHIKA_FUNNEL_HTTP_PROT: '1' })).toThrowError(/TASHIKA_FUNNEL_HTTP_PORT/);
    expect(() => configured([], { TASHIKA_AGENT_PREF: 'Gondor' })).toThrowError(/Gondor/);
  });

  it('is explained, each flag and variable', () => {
    const help = helpText();
    for (const { name } of FLAGS) expect(help).toContain(`--${name} `);
    for (const variable of ['TASHIKA_DATA', 'TASHIKA_API_PORT', 'TASHIKA_FUNNEL_PORT', 'connection-strings.txt'])
      expect(help).toContain(variable);
    expect(parseArguments(['--help'])).toEqual({ help: true });
  });
});
