import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock, Timestamp } from '@tashika/shared/time';
import type { AuthKey, RandomBytes } from './auth-key.ts';
import { authKeyRefused, noToken, tokenRefused } from './refusal.ts';

export interface Session {
  readonly apiKey: string;
  readonly token: string;
}

const STANDARD_TIMEOUT_S = 86_400;
/** Tokens that are good at once; the oldest goes first. */
const MOST_SESSIONS = 1_000;

/** Who is logged in. A restart logs everybody out. */
export class Sessions {
  readonly #authKey: AuthKey;
  readonly #clock: Clock;
  readonly #random: RandomBytes;
  /** By API key. */
  readonly #open = new Map<string, { readonly token: string; readonly expiresAt: Timestamp }>();

  constructor(authKey: AuthKey, clock: Clock, random: RandomBytes) {
    this.#authKey = authKey;
    this.#clock = clock;
    this.#random = random;
  }

  /** @throws Refusal 401 */
  logIn(given: Partial<AuthKey>, timeoutSeconds = STANDARD_TIMEOUT_S): Session {
    const { authKeyId, authKey } = this.#authKey;
    if (!same(given.authKeyId, authKeyId) || !same(given.authKey, authKey)) throw authKeyRefused();
    const session = {
      apiKey: `api-${this.#random(16).toString('hex')}`,
      token: this.#random(48).toString('base64url'),
    };
    this.#open.set(session.apiKey, { token: session.token, expiresAt: this.#clock.now() + timeoutSeconds * 1_000 });
    if (this.#open.size > MOST_SESSIONS) this.#open.delete(this.#open.keys().next().value!);
    return session;
  }

  /** @throws Refusal 401 */
  check({ apiKey, token }: { readonly [name in keyof Session]: string | undefined }): void {
    if (!apiKey || !token) throw noToken();
    const session = this.#open.get(apiKey);
    if (!session || !same(token, session.token) || session.expiresAt <= this.#clock.now()) throw tokenRefused();
  }

  logOut(apiKey: string): void {
    this.#open.delete(apiKey);
  }

  /** Every token has expired. */
  expireAll(): void {
    this.#open.clear();
  }
}

function same(given: string | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return given !== undefined && timingSafeEqual(digest(given), digest(expected));
}
