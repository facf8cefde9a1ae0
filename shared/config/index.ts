export { type ConfigurationSource, loadConfiguration } from './load.ts';
export { renderReference } from './reference.ts';
export { environmentName, type Leaf, leavesOf } from './schema.ts';
