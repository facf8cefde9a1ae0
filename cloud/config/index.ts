export { connectionStringParts, connectionStringProblems, endpointOf } from './connection-string.ts';
export { type CloudConfiguration, cloudRules, cloudSchema } from './schema.ts';
export { type SecretsConfiguration, vaultAddressProblem } from './secrets.ts';
export { storeUrlProblems } from './store-url.ts';
