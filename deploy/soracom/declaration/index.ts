export { problemsIn } from './check.ts';
export { clearSecretsIn } from './clear-secret.ts';
export { type Declaration, type DeclaredCredential, type DeclaredSim, MARK_TAG } from './declaration.ts';
export { readDeclaration } from './read.ts';
export { isReference, nameOf as nameOfReference, type SecretReference } from './reference.ts';
export { PLAIN_FIELDS } from './rules.ts';
export { fileSchema, type WantedEntryPoint, type WantedFunnel, type WantedGroup, type WantedSim } from './schema.ts';
