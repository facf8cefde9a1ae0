import { loadConfiguration } from '@tashika/shared/config';
import { resolveRegion } from '@tashika/shared/regions';
import { type LocalConfiguration, localSchema } from './schema.ts';

/** What the environment variables of `npm start` begin with. */
export const LOCAL_PREFIX = 'TASHIKA';

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
