/** What a login brings. */
export interface Session {
  readonly operatorId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** On the monotonic clock: from then on the token is taken for expired. */
  readonly goodUntil: number;
}

/** What SORACOM knows a program by: a SAM user's key. */
export interface AuthKey {
  readonly authKeyId: string;
  readonly authKey: string;
}

/** Asked for at each login: an hour is enough for a run, and the longest (two days) would outlive it by much. */
export const TOKEN_TIMEOUT_SECONDS = 3_600;

/** The session in the answer to a login; undefined for an answer without one. */
export function sessionIn(body: unknown, monotonic: number): Session | undefined {
  const { operatorId, apiKey, token } = (body ?? {}) as Record<string, unknown>;
  if (typeof operatorId !== 'string' || typeof apiKey !== 'string' || typeof token !== 'string') return undefined;
  return {
    operatorId,
    headers: { 'x-soracom-api-key': apiKey, 'x-soracom-token': token },
    goodUntil: monotonic + TOKEN_TIMEOUT_SECONDS * 900, // nine tenths of it
  };
}
