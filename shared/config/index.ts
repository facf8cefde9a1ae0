export { parseJsonText } from './json-text.ts';
export { type ConfigurationSource, loadConfiguration, localSettingsIn, readConfigurationFile } from './load.ts';
export { type ReferencePage, renderReference } from './reference.ts';
export { environmentName, type Leaf, leavesOf } from './schema.ts';
