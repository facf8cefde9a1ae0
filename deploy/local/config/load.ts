import { environmentName, loadConfiguration } from '@tashika/shared/config';
import { resolveRegion } from '@tashika/shared/regions';
import { type LocalConfiguration, localSchema } from './schema.ts';

/** What the environment variables of `npm start` begin with. */
export const LOCAL_PREFIX = 'TASHIKA';

/**
 * What is different with `rollout: demo`: a fleet small enough for a laptop, with enough posts for the gate to see
 * something in a minute, and a store of its own, because a store's rounds are all of one length.
 */
const DEMO = { data: '.tashika/rollout-demo', fleet: { devices: 100, rate: 0.5 } };

/** The programs that `npm start` runs have settings of their own; they are handed on. */
const PROGRAMS = ['TASHIKA_EDGE', 'TASHIKA_CLOUD'];

/**
 * The configuration of `npm start` from defaults, the environment and the command line.
 *
 * @throws TashikaError `CONFIG_INVALID`
 */
export function loadLocalConfiguration(
  env: Readonly<Record<string, string | undefined>>,
  overrides: object = {},
): LocalConfiguration {
  const loaded = load(env, overrides);
  if (loaded.rollout !== 'demo') return loaded;
  const { fleet } = overrides as { readonly fleet?: object };
  const isOpen = (path: string) => !env[environmentName(LOCAL_PREFIX, path)];
  const ofFleet = Object.entries(DEMO.fleet).filter(([name]) => isOpen(`fleet.${name}`));
  return load(env, {
    ...(isOpen('data') && { data: DEMO.data }),
    ...overrides,
    fleet: { ...Object.fromEntries(ofFleet), ...fleet },
  });
}

function load(env: Readonly<Record<string, string | undefined>>, overrides: object): LocalConfiguration {
  return loadConfiguration({
    schema: localSchema,
    prefix: LOCAL_PREFIX,
    env,
    overrides,
    foreignPrefixes: PROGRAMS,
    rules: ({ agent }) =>
      resolveRegion(agent.pref) === undefined
        ? [`agent.pref must name one of the 47 prefectures, found ${JSON.stringify(agent.pref)}.`]
        : [],
  });
}
