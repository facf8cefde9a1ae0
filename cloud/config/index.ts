export { type CloudConfiguration, cloudRules, cloudSchema } from './schema.ts';
