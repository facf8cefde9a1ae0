export { EDGE_PREFIX, loadEdgeConfiguration } from './load.ts';
export { edgeRules } from './rules.ts';
export { type EdgeConfiguration, edgeSchema } from './schema.ts';
