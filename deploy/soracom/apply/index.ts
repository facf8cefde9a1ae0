export { type ApplyOptions, applyActions, type Remainder, readingFor, remainderOf, unsettledAfter } from './apply.ts';
export { identityOf, type SecretSources, Secrets } from './secrets.ts';
