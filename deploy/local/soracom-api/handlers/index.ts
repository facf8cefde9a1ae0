import type { OperationId } from '../schema/index.ts';
import { CREDENTIAL_HANDLERS } from './credentials.ts';
import { GROUP_HANDLERS } from './groups.ts';
import type { Handler } from './handler.ts';
import { LOG_HANDLERS } from './logs.ts';
import { SESSION_HANDLERS } from './sessions.ts';
import { SIM_HANDLERS } from './sims.ts';

export type { ApiRequest, Parts, Success } from './handler.ts';

/** What does each operation of the schema. */
export const HANDLERS: Readonly<Record<OperationId, Handler>> = {
  ...SESSION_HANDLERS,
  ...GROUP_HANDLERS,
  ...CREDENTIAL_HANDLERS,
  ...SIM_HANDLERS,
  ...LOG_HANDLERS,
};
