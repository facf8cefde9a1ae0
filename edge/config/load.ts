import { loadConfiguration } from '@tashika/shared/config';
import { edgeRules } from './rules.ts';
import { type EdgeConfiguration, edgeSchema } from './schema.ts';

/** What every environment variable of the agent begins with. */
export const EDGE_PREFIX = 'TASHIKA_EDGE';

/**
 * The agent's configuration from defaults, `file`, and the environment.
 *
 * @throws TashikaError `CONFIG_UNREADABLE`, `CONFIG_INVALID`
 */
export function loadEdgeConfiguration(
  file: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): EdgeConfiguration {
  return loadConfiguration({ schema: edgeSchema, prefix: EDGE_PREFIX, file, env, rules: edgeRules });
}
