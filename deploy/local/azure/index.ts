export { type Azure, type AzureFault, type AzureOptions, type AzureRequest, startAzure } from './azure.ts';
export type { Operation } from './resource-path.ts';
export { type AuthorizationRule, rulesOf } from './rules.ts';
export type { AzureRole } from './tokens.ts';
