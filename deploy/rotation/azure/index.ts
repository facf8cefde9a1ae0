export type { ArmOptions } from './client.ts';
export { AzureRuleClient, type RuleAddress, type RuleKeys } from './rule.ts';
