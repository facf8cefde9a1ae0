export { configurationOf, EDGE_PREFIX, type LocalSettings, loadEdgeConfiguration, readLocalSettings } from './load.ts';
export { edgeRules } from './rules.ts';
export { type EdgeConfiguration, edgeSchema } from './schema.ts';
