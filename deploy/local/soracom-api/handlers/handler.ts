import type { Clock, Timestamp } from '@tashika/shared/time';
import type { Account } from '../account/index.ts';
import type { QueryValues } from '../schema/index.ts';
import type { Sessions } from '../sessions.ts';

/** A request that the schema allows. */
export interface ApiRequest {
  /** Of the path. */
  readonly parameters: Readonly<Record<string, string>>;
  readonly query: QueryValues;
  readonly body: unknown;
  /** Whose token it came with. */
  readonly apiKey: string | undefined;
}

/** The body of success, and what the next page is asked for with. */
export interface Success {
  readonly body?: unknown;
  readonly nextKey?: string | undefined;
}

/** What the API answers out of. */
export interface Parts {
  readonly account: Account;
  readonly sessions: Sessions;
  readonly clock: Clock;
  readonly newGroupId: () => string;
  /** The most that a page may hold now. */
  readonly pageSize: () => number;
}

/** Does what an operation says. @throws Refusal */
export type Handler = (request: ApiRequest, parts: Parts) => Success;

/** The handler of a deletion: what was deleted is not shown. */
export function deleting(remove: (request: ApiRequest, account: Account, now: Timestamp) => void): Handler {
  return (request, { account, clock }) => {
    remove(request, account, clock.now());
    return {};
  };
}
