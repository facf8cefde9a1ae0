import { type ConfigurationSource, loadConfiguration, readConfigurationFile } from '@tashika/shared/config';
import { edgeRules } from './rules.ts';
import { type EdgeConfiguration, edgeSchema } from './schema.ts';

/** What every environment variable of the agent begins with. */
export const EDGE_PREFIX = 'TASHIKA_EDGE';

/** What the device itself says of its configuration: its file and its environment, read once. */
export interface LocalSettings {
  readonly file: Readonly<Record<string, unknown>>;
  readonly env: ConfigurationSource<typeof edgeSchema>['env'];
}

/**
 * Reads the local settings.
 *
 * @throws TashikaError `CONFIG_UNREADABLE`
 */
export function readLocalSettings(file: string | undefined, env: LocalSettings['env']): LocalSettings {
  return { file: file === undefined ? {} : readConfigurationFile(file), env };
}

/**
 * The agent's configuration: defaults, then the group's user data, the file, and the environment.
 *
 * @throws TashikaError `CONFIG_INVALID`
 */
export function configurationOf({ file, env }: LocalSettings, userData: object = {}): EdgeConfiguration {
  return loadConfiguration({
    schema: edgeSchema,
    prefix: EDGE_PREFIX,
    documents: [userData, file],
    env,
    rules: edgeRules,
  });
}

/**
 * The agent's configuration from defaults, `file`, and the environment alone.
 *
 * @throws TashikaError `CONFIG_UNREADABLE`, `CONFIG_INVALID`
 */
export function loadEdgeConfiguration(file: string | undefined, env: LocalSettings['env']): EdgeConfiguration {
  return configurationOf(readLocalSettings(file, env));
}
