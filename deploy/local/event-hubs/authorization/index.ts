export { checkBearerToken, type Identities, readIdentities } from './bearer-token.ts';
export { type EntityAddress, isWithin, parseEntityAddress } from './entity-address.ts';
export { GrantedClaims } from './granted-claims.ts';
export { checkSasToken, type Grant, type Refusal } from './sas-token.ts';
