import Type, { type TSchema } from 'typebox';
import {
  auditEntryShape,
  authAnswerShape,
  authRequestShape,
  configurationUpdatesShape,
  credentialRequestShape,
  credentialShape,
  groupRequestShape,
  groupShape,
  LOG_RESOURCES,
  LOG_SERVICES,
  logEntryShape,
  NAMESPACES,
  SIM_STATUSES,
  setGroupShape,
  simShape,
  tagUpdatesShape,
} from './shapes.ts';

/** One thing that the API can be asked, named as its description names it (`operationId`). */
export interface Operation {
  readonly id: OperationId;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** Below `/v1`, with `{name}` for a parameter. */
  readonly path: string;
  /** What a parameter of the path must be, where not any text will do. */
  readonly parameters?: Readonly<Record<string, TSchema>>;
  /** Parameters of the query. Numbers are whole ones. A list may be given more than once. */
  readonly query?: Readonly<Record<string, TSchema>>;
  readonly body?: TSchema;
  /** The status of success, and its body; undefined where it has none. */
  readonly success: { readonly status: number; readonly body?: TSchema };
  /** What the description says of refusals; any operation may be refused with one of `ANY_REFUSAL`, too. */
  readonly refusals?: readonly number[];
  /** It can be asked without a token. */
  readonly withoutToken?: true;
}

export type OperationId =
  | 'auth'
  | 'logout'
  | 'listGroups'
  | 'createGroup'
  | 'getGroup'
  | 'deleteGroup'
  | 'putConfigurationParameters'
  | 'deleteConfigurationNamespace'
  | 'deleteConfigurationParameter'
  | 'putGroupTags'
  | 'deleteGroupTag'
  | 'listSubscribersInGroup'
  | 'listCredentials'
  | 'createCredential'
  | 'updateCredential'
  | 'deleteCredential'
  | 'listSims'
  | 'getSim'
  | 'putSimTags'
  | 'deleteSimTag'
  | 'setSimGroup'
  | 'unsetSimGroup'
  | 'searchSims'
  | 'getLogs'
  | 'getApiAuditLogs';

/** Refusals that the description does not list for each operation: a bad request, no token, too many, our own fault. */
export const ANY_REFUSAL: readonly number[] = [400, 401, 413, 429, 500];

const text = Type.String();
const texts = Type.Array(Type.String());
const whole = Type.Integer({ minimum: 0 });
const limit = Type.Integer({ minimum: 1 });
const paging = { limit, last_evaluated_key: text };
const namespace = { namespace: Type.Enum([...NAMESPACES]) };
const group = { status: 200, body: groupShape };
const sim = { status: 200, body: simShape };
const done = { status: 204 };

export const OPERATIONS: readonly Operation[] = [
  {
    ...{ id: 'auth', method: 'POST', path: '/auth', withoutToken: true },
    ...{ body: authRequestShape, success: { status: 200, body: authAnswerShape } },
  },
  { id: 'logout', method: 'POST', path: '/auth/logout', success: done },
  {
    ...{ id: 'listGroups', method: 'GET', path: '/groups' },
    query: { tag_name: text, tag_value: text, tag_value_match_mode: Type.Enum(['exact', 'prefix']), ...paging },
    success: { status: 200, body: Type.Array(groupShape) },
  },
  {
    ...{ id: 'createGroup', method: 'POST', path: '/groups' },
    ...{ body: groupRequestShape, success: { status: 201, body: groupShape } },
  },
  { id: 'getGroup', method: 'GET', path: '/groups/{group_id}', success: group, refusals: [404] },
  { id: 'deleteGroup', method: 'DELETE', path: '/groups/{group_id}', success: done, refusals: [404] },
  {
    ...{ id: 'putConfigurationParameters', method: 'PUT', path: '/groups/{group_id}/configuration/{namespace}' },
    ...{ parameters: namespace, body: configurationUpdatesShape, success: group, refusals: [404] },
  },
  {
    ...{ id: 'deleteConfigurationNamespace', method: 'DELETE', path: '/groups/{group_id}/configuration/{namespace}' },
    ...{ parameters: namespace, success: done, refusals: [404] },
  },
  {
    ...{ id: 'deleteConfigurationParameter', method: 'DELETE' },
    path: '/groups/{group_id}/configuration/{namespace}/{name}',
    ...{ parameters: namespace, success: done, refusals: [404] },
  },
  {
    ...{ id: 'putGroupTags', method: 'PUT', path: '/groups/{group_id}/tags' },
    ...{ body: tagUpdatesShape, success: group, refusals: [404] },
  },
  {
    ...{ id: 'deleteGroupTag', method: 'DELETE', path: '/groups/{group_id}/tags/{tag_name}' },
    ...{ success: done, refusals: [404] },
  },
  {
    ...{ id: 'listSubscribersInGroup', method: 'GET', path: '/groups/{group_id}/subscribers' },
    ...{ query: paging, success: { status: 200, body: Type.Array(simShape) }, refusals: [404] },
  },
  {
    ...{ id: 'listCredentials', method: 'GET', path: '/credentials' },
    success: { status: 200, body: Type.Array(credentialShape) },
  },
  {
    ...{ id: 'createCredential', method: 'POST', path: '/credentials/{credentials_id}' },
    ...{ body: credentialRequestShape, success: { status: 201, body: credentialShape } },
  },
  {
    ...{ id: 'updateCredential', method: 'PUT', path: '/credentials/{credentials_id}' },
    ...{ body: credentialRequestShape, success: { status: 200, body: credentialShape }, refusals: [404] },
  },
  {
    ...{ id: 'deleteCredential', method: 'DELETE', path: '/credentials/{credentials_id}' },
    ...{ success: done, refusals: [404] },
  },
  {
    ...{ id: 'listSims', method: 'GET', path: '/sims' },
    ...{ query: paging, success: { status: 200, body: Type.Array(simShape) } },
  },
  { id: 'getSim', method: 'GET', path: '/sims/{sim_id}', success: sim, refusals: [404] },
  {
    ...{ id: 'putSimTags', method: 'PUT', path: '/sims/{sim_id}/tags' },
    ...{ body: tagUpdatesShape, success: sim, refusals: [404] },
  },
  {
    ...{ id: 'deleteSimTag', method: 'DELETE', path: '/sims/{sim_id}/tags/{tag_name}' },
    ...{ success: done, refusals: [404] },
  },
  {
    ...{ id: 'setSimGroup', method: 'POST', path: '/sims/{sim_id}/set_group' },
    ...{ body: setGroupShape, success: sim, refusals: [404] },
  },
  { id: 'unsetSimGroup', method: 'POST', path: '/sims/{sim_id}/unset_group', success: sim, refusals: [404] },
  {
    ...{ id: 'searchSims', method: 'GET', path: '/query/sims' },
    query: {
      ...{ name: texts, group: texts, group_id: texts, sim_id: texts, imsi: texts, iccid: texts, tag: texts },
      ...{ status: Type.Array(Type.Enum([...SIM_STATUSES])), session_status: Type.Enum(['NA', 'ONLINE', 'OFFLINE']) },
      search_type: Type.Enum(['and', 'or', 'AND', 'OR']), // the description has it in both spellings
      ...{ limit: Type.Integer({ minimum: 1, maximum: 100 }), last_evaluated_key: text },
    },
    success: { status: 200, body: Type.Array(simShape) },
  },
  {
    ...{ id: 'getLogs', method: 'GET', path: '/logs' },
    query: {
      ...{ resource_type: Type.Enum([...LOG_RESOURCES]), resource_id: text, service: Type.Enum([...LOG_SERVICES]) },
      ...{ from: whole, to: whole, ...paging },
    },
    success: { status: 200, body: Type.Array(logEntryShape) },
  },
  {
    ...{ id: 'getApiAuditLogs', method: 'GET', path: '/audit_logs/api' },
    query: {
      ...{ api_kind: text, from_epoch_ms: whole, to_epoch_ms: whole },
      ...{ limit: Type.Integer({ minimum: 1, maximum: 1000 }), last_evaluated_key: text },
    },
    success: { status: 200, body: Type.Array(auditEntryShape) },
  },
];
