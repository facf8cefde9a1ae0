export {
  type RequestOptions,
  SoracomApi,
  type SoracomApiOptions,
  UnclearOutcome,
} from './client.ts';
export { Concealment } from './concealment.ts';
export { type Coverage, endpointOf } from './endpoint.ts';
export type { AuthKey } from './session.ts';
export type { ApiAnswer, Method } from './transport.ts';
