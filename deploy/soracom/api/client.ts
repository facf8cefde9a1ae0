import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { Concealment } from './concealment.ts';
import { type AuthKey, type Session, sessionIn, TOKEN_TIMEOUT_SECONDS } from './session.ts';
import { type ApiAnswer, isTokenRefusal, type Method, sent, type TransportOptions, Unanswered } from './transport.ts';
import { askedPause, waitBefore } from './waiting.ts';

export interface SoracomApiOptions extends TransportOptions {
  /** Without `/v1`, as `endpointOf` gives it. */
  readonly endpoint: string;
  /** Asked at each login. */
  readonly authKey: () => Promise<AuthKey>;
  /** The account that the key must be of; whichever it is of, if absent. */
  readonly operatorId?: string;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  /** Once it is aborted, no further request is begun; one that is under way is waited for. */
  readonly signal?: AbortSignal;
}

export interface RequestOptions {
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Repeating it could do it twice: where it stays unknown whether it was done, `UnclearOutcome` is thrown. */
  readonly once?: boolean;
  /** Answers of 400 and above that are no error to the caller. */
  readonly accept?: readonly number[];
}

/** A request that must not be repeated was sent, and no answer says whether it was carried out. */
export class UnclearOutcome extends Error {}

const REPETITIONS = 5;
/** Each up to a minute: somebody else uses up the account's share for good. */
const PAUSES = 10;
const MOST_PAGES = 10_000;
const PASSING = [500, 502, 503, 504];

/**
 * A client of SORACOM's API (`https://api.soracom.io/v1`). It logs in by itself, and anew when the token has expired;
 * repeats what may be repeated; and pauses as a whole when SORACOM says that too much is asked for.
 */
export class SoracomApi {
  readonly concealment = new Concealment();
  readonly #options: SoracomApiOptions;
  readonly #random: () => number;
  #session: Session | undefined;
  #loggingIn: Promise<Session> | undefined;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #requests = 0;

  constructor(options: SoracomApiOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
  }

  /** Requests sent so far, logins and repetitions among them. */
  get requests(): number {
    return this.#requests;
  }

  /**
   * Logs in and says whose account it is. Nothing else has been sent when this throws.
   *
   * @throws TashikaError `SORACOM_DENIED`, `SORACOM_WRONG_ACCOUNT`, `SORACOM_UNREACHABLE`, `SORACOM_BUSY`
   */
  async operator(): Promise<string> {
    return (await this.#loggedIn()).operatorId;
  }

  /**
   * Sends a request, path beginning with `/`, and waits for its answer.
   *
   * @throws TashikaError `SORACOM_REFUSED`, `SORACOM_DENIED`, `SORACOM_BUSY`, `SORACOM_UNREACHABLE`; `UnclearOutcome`
   * for one that goes `once`; the signal's reason
   */
  async request(method: Method, path: string, options: RequestOptions = {}): Promise<ApiAnswer> {
    assertWhole(path);
    let tokenRefused = false;
    const send = async () => {
      const session = await this.#loggedIn();
      const answer = await this.#sent(method, path, options, session.headers);
      if (!tokenRefused && isTokenRefusal(answer)) {
        tokenRefused = true;
        this.#forget(session);
        return undefined;
      }
      return answer;
    };
    const answer = await this.#withRepetitions(`${method} ${path}`, options.once === true, send);
    if (answer.status < 400 || options.accept?.includes(answer.status)) return answer;
    const code = answer.status === 401 || answer.status === 403 ? 'SORACOM_DENIED' : 'SORACOM_REFUSED';
    throw new TashikaError(code, `SORACOM refuses ${method} ${path}: ${this.#reasonOf(answer)}.`);
  }

  /** All items of a list, page after page. */
  async *pages<T>(path: string, query: Readonly<Record<string, string>> = {}): AsyncGenerator<readonly T[]> {
    let key: string | undefined;
    for (let page = 0; page < MOST_PAGES; page++) {
      const answer = await this.request('GET', path, {
        query: key === undefined ? query : { ...query, last_evaluated_key: key },
      });
      if (!Array.isArray(answer.body))
        throw this.#unreachable(`GET ${path} was answered with something else than a list`);
      yield answer.body as T[];
      const next = answer.headers.get('x-soracom-next-key');
      if (next === null || next === '') return;
      if (next === key) break;
      key = next;
    }
    throw this.#unreachable(`GET ${path} has pages without end`);
  }

  /** Gives the token back. Whatever comes of it, the run is over. */
  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session) await this.#sent('POST', '/auth/logout', {}, session.headers).catch(() => undefined);
  }

  /** Of those who find the token expired, all wait for one new login. */
  #loggedIn(): Promise<Session> {
    const { clock } = this.#options;
    if (this.#session && clock.monotonic() < this.#session.goodUntil) return Promise.resolve(this.#session);
    this.#loggingIn ??= this.#login().finally(() => {
      this.#loggingIn = undefined;
    });
    return this.#loggingIn;
  }

  #forget(expired: Session): void {
    if (this.#session === expired) this.#session = undefined;
  }

  async #login(): Promise<Session> {
    const { authKeyId, authKey } = await this.#options.authKey();
    this.concealment.add(authKey);
    const body = { authKeyId, authKey, tokenTimeoutSeconds: TOKEN_TIMEOUT_SECONDS };
    const answer = await this.#withRepetitions('POST /auth', false, () => this.#sent('POST', '/auth', { body }, {}));
    if (answer.status >= 400)
      throw new TashikaError(
        'SORACOM_DENIED',
        `SORACOM at ${this.#options.endpoint} refuses the login: ${this.#reasonOf(answer)}. Check SORACOM_AUTH_KEY_ID and SORACOM_AUTH_KEY, or kv/tashika/soracom in Vault.`,
      );
    const session = sessionIn(answer.body, this.#options.clock.monotonic());
    if (!session) throw this.#unreachable('POST /auth was answered without a token');
    for (const secret of Object.values(session.headers)) this.concealment.add(secret);
    const { operatorId } = this.#options;
    if (operatorId !== undefined && session.operatorId !== operatorId)
      throw new TashikaError(
        'SORACOM_WRONG_ACCOUNT',
        `The key is of operator ${this.concealment.clean(session.operatorId)}, and this is for ${operatorId}. Nothing but the login was sent: use a key of ${operatorId}.`,
      );
    this.#session = session;
    return session;
  }

  /** Sends until there is an answer to go by; `send` gives undefined for one that is to be sent again at once. */
  async #withRepetitions(name: string, once: boolean, send: () => Promise<ApiAnswer | undefined>): Promise<ApiAnswer> {
    const { clock, signal } = this.#options;
    let pauses = 0;
    let failures = 0;
    for (;;) {
      await this.#unpaused();
      let reason: string;
      try {
        const answer = await send();
        if (!answer) continue;
        if (answer.status === 429) {
          if (++pauses > PAUSES)
            throw new TashikaError(
              'SORACOM_BUSY',
              `SORACOM answers ${name} with 429 again and again: too much is asked for.`,
            );
          this.#pause(askedPause(answer.headers, clock.now()) ?? waitBefore(pauses + 1, this.#random));
          continue;
        }
        if (!PASSING.includes(answer.status)) return answer;
        reason = this.#reasonOf(answer);
      } catch (error) {
        if (!(error instanceof Unanswered)) throw error;
        reason = this.concealment.clean(messageOf(error));
      }
      if (once) throw new UnclearOutcome(`${name}: ${reason}`);
      if (++failures > REPETITIONS) throw this.#unreachable(`${name}: ${reason}`);
      await clock.sleep(waitBefore(failures - 1, this.#random), signal);
    }
  }

  #pause(ms: Duration): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#options.clock.monotonic() + ms);
  }

  async #unpaused(): Promise<void> {
    const { clock, signal } = this.#options;
    for (;;) {
      signal?.throwIfAborted();
      const left = this.#pausedUntil - clock.monotonic();
      if (left <= 0) return;
      await clock.sleep(left, signal);
    }
  }

  #sent(
    method: Method,
    path: string,
    { query, body }: RequestOptions,
    headers: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer> {
    const { endpoint } = this.#options;
    const search = query ? `?${new URLSearchParams(query)}` : '';
    this.#requests += 1;
    return sent({ url: `${endpoint}/v1${path}${search}`, method, headers, body }, this.#options);
  }

  #unreachable(reason: string): TashikaError {
    return new TashikaError(
      'SORACOM_UNREACHABLE',
      `SORACOM's API at ${this.#options.endpoint} does not answer as it should: ${this.concealment.clean(reason)}.`,
    );
  }

  #reasonOf({ status, body }: ApiAnswer): string {
    const { code, message } = (body ?? {}) as Record<string, unknown>;
    const said = [code, message].filter((each) => typeof each === 'string').join(' ');
    return this.concealment.clean(`${status} ${said}`).replace(/\.$/, '');
  }
}

/**
 * A name `.` or `..` would make a path another one on its way: to take a tag of that name away would take its group away.
 *
 * @throws TashikaError `SORACOM_REFUSED`
 */
function assertWhole(path: string): void {
  const part = path.split('/').find((each) => each === '.' || each === '..');
  if (part === undefined) return;
  throw new TashikaError(
    'SORACOM_REFUSED',
    `A name "${part}" can't stand in a path (${path}), and nothing was sent for it. Change it by hand, in SORACOM's console.`,
  );
}
