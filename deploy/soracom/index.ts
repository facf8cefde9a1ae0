export { type Coverage, endpointOf, SoracomApi, type SoracomApiOptions } from './api/index.ts';
export { soracomGroup } from './command.ts';
export { type Declaration, readDeclaration } from './declaration/index.ts';
export { partsOf } from './plan/index.ts';
