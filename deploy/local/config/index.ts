export { LOCAL_PREFIX, loadLocalConfiguration } from './load.ts';
export { type LocalConfiguration, localSchema } from './schema.ts';
