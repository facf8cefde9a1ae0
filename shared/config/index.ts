export { type ConfigurationSource, loadConfiguration } from './load.ts';
export { type ReferencePage, renderReference } from './reference.ts';
export { environmentName, type Leaf, leavesOf } from './schema.ts';
