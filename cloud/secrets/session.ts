import { readFile } from 'node:fs/promises';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { backoffMs } from './backoff.ts';
import { type CallAnswer, type CallOptions, type GrantedToken, VaultCalls } from './calls.ts';
import { type VaultCall, VaultFailure } from './failure.ts';
import { type Fetched, type KeeperParts, KeptSecret, type SecretState } from './kept-secret.ts';
import type { Grant } from './lease.ts';
import { type Login, loginBy } from './login.ts';
import type { KvSecret, Vault, VaultAnswer, VaultParts, VaultSettings, VaultWriteOptions } from './vault.ts';

/** How often a call is tried that Vault has no time for (429). */
const ATTEMPTS = 3;
/** A token that is younger is not the reason for a refusal. */
const YOUNG_MS: Duration = 5_000;
const REVOKE_WITHIN_MS: Duration = 1_500;
/** What is revoked at the end is bounded: a program that runs for years has its leases end by themselves. */
const MOST_REMEMBERED = 100;

/** A session with Vault: a token that is kept fresh, and calls under it. */
export class VaultSession implements Vault {
  readonly #calls: VaultCalls;
  readonly #login: Login;
  readonly #parts: KeeperParts;
  readonly #token: KeptSecret<string>;
  /** Tokens that this session was given, the present one last. */
  readonly #tokens: string[] = [];
  /** Leases under a token that is not ours to revoke. */
  readonly #leases = new Set<string>();
  #onNewToken: (() => Promise<void>) | undefined;
  #replacing: Promise<void> | undefined;

  private constructor(calls: VaultCalls, login: Login, parts: KeeperParts, token: KeptSecret<string>) {
    this.#calls = calls;
    this.#login = login;
    this.#parts = parts;
    this.#token = token;
    this.#remember(token.value);
    token.into(async (value) => {
      this.#remember(value);
      await this.#onNewToken?.();
    });
  }

  /** Logs in. @throws TashikaError as Vault's methods, and CONFIG_UNREADABLE for a file that can't be read */
  static async open(
    settings: VaultSettings,
    { clock, logger, random = Math.random }: VaultParts,
  ): Promise<VaultSession> {
    const { address, namespace, caFile, auth } = settings;
    const role = auth.method === 'jwt' ? auth.role : undefined;
    const calls = await VaultCalls.to(
      {
        address,
        ...(namespace !== undefined && { namespace }),
        ...(caFile !== undefined && { ca: await authorities(caFile) }),
        ...(role !== undefined && { role }),
      },
      clock,
    );
    const login = loginBy(auth, calls, clock);
    const parts = { clock, logger, random };
    const token = await KeptSecret.open(
      {
        name: 'token',
        fetch: async () => fetchedToken(await login.login()),
        renew: async ({ value }, grantedMs) => renewed(value, grantedMs, calls),
      },
      parts,
    );
    return new VaultSession(calls, login, parts, token);
  }

  /** Whether Vault answered the last call, unsealed. */
  get answers(): boolean {
    return this.#calls.answers ?? false;
  }

  get tokenState(): SecretState {
    return this.#token.state;
  }

  /** Calls `listener` when the session has another token: what was leased under the one before ends with that. */
  onNewToken(listener: () => Promise<void>): void {
    this.#onNewToken = listener;
  }

  async read(path: string): Promise<VaultAnswer> {
    const answer = await this.#ask({ verb: 'read', path });
    if (answer.lease && !this.#login.canRepeat && this.#leases.size < MOST_REMEMBERED)
      this.#leases.add(answer.lease.id);
    return answer;
  }

  async write(path: string, body: object = {}, { wrapTtlMs }: VaultWriteOptions = {}): Promise<VaultAnswer> {
    return this.#ask({ verb: 'write', path }, { body, ...(wrapTtlMs !== undefined && { wrapTtlMs }) });
  }

  async list(path: string): Promise<readonly string[]> {
    const answer = await this.#unlessMissing(this.#ask({ verb: 'list', path }));
    const keys = answer?.data.keys;
    return Array.isArray(keys) ? keys.map(String) : [];
  }

  async delete(path: string): Promise<void> {
    await this.#ask({ verb: 'delete', path });
  }

  async readKv(path: string): Promise<KvSecret | undefined> {
    const answer = await this.#unlessMissing(this.#ask({ verb: 'read', path: kvData(path) }));
    if (!answer) return undefined;
    const { data, metadata } = answer.data as { data?: Record<string, unknown>; metadata?: { version?: number } };
    if (!data || metadata?.version === undefined)
      throw new TashikaError(
        'VAULT_REFUSED',
        `${path} is not in a key-value engine of version 2: mount one (secrets enable -version=2 kv), or name its path.`,
      );
    const texts = Object.entries(data).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]);
    return { data: Object.fromEntries(texts), version: metadata.version };
  }

  async writeKv(path: string, data: Readonly<Record<string, string>>, { cas }: { cas?: number } = {}): Promise<number> {
    const body = { data, ...(cas !== undefined && { options: { cas } }) };
    return Number((await this.#ask({ verb: 'write', path: kvData(path) }, { body })).data.version);
  }

  /** Makes a lease good for longer. */
  async renewLease(id: string, incrementMs: Duration): Promise<Grant> {
    const body = { lease_id: id, increment: Math.ceil(incrementMs / 1000) };
    const { lease } = await this.#ask({ verb: 'write', path: 'sys/leases/renew' }, { body });
    return lease ?? { durationMs: 0, renewable: false };
  }

  /** It takes 1.5 s at most, for a program that ends has little time: what is not revoked ends by itself. */
  async stop(): Promise<void> {
    const { clock, logger } = this.#parts;
    const patience = new AbortController();
    const revoking = this.#token
      .stop()
      .then(() => this.#revoke())
      .catch((error) => logger.debug({ error: messageOf(error) }, 'what Vault gave was not revoked'));
    await Promise.race([revoking, clock.sleep(REVOKE_WITHIN_MS, patience.signal).catch(() => {})]);
    patience.abort(new Error('revoked'));
  }

  /** With a token end its leases. One that came from outside is left, and its leases are ended one by one. */
  async #revoke(): Promise<void> {
    if (this.#login.canRepeat) {
      const revoke = (token: string) => this.#calls.ask({ verb: 'write', path: 'auth/token/revoke-self' }, { token });
      await Promise.all(this.#tokens.map((token) => revoke(token).catch(ignoreDenied)));
      return;
    }
    const token = this.#token.value;
    for (const lease_id of this.#leases)
      await this.#calls.ask({ verb: 'write', path: 'sys/leases/revoke' }, { token, body: { lease_id } });
  }

  async #ask(call: VaultCall, options: Omit<CallOptions, 'token'> = {}): Promise<CallAnswer> {
    const token = this.#token.value;
    try {
      return await this.#patiently(call, { ...options, token });
    } catch (error) {
      if (!isTashikaError(error, 'VAULT_DENIED')) throw error;
      return this.#patiently(call, { ...options, token: await this.#anotherThan(token, error) });
    }
  }

  /** Vault says that it has too many requests before it has done anything, so anything may be tried again. */
  async #patiently(call: VaultCall, options: CallOptions): Promise<CallAnswer> {
    const { clock, random } = this.#parts;
    for (let attempt = 1; ; attempt++)
      try {
        return await this.#calls.ask(call, options);
      } catch (error) {
        if (!(error instanceof VaultFailure) || error.status !== 429 || attempt === ATTEMPTS) throw error;
        await clock.sleep(backoffMs(attempt, random(), error.askedMs));
      }
  }

  /**
   * Another token in the place of one that is dead.
   *
   * @param refusal thrown where it lives, and it is its policies that refuse
   * @throws why there is no other
   */
  async #anotherThan(refused: string, refusal: Error): Promise<string> {
    const isStill = () => this.#token.value === refused;
    if (isStill()) {
      if (this.#token.state.ageMs < YOUNG_MS || (await this.#lives(refused))) throw refusal;
      if (isStill()) await this.#replaceToken();
      const { trouble } = this.#token.state;
      if (isStill()) throw trouble ? new VaultFailure(trouble.code, trouble.message, { status: 0 }) : refusal;
    }
    return this.#token.value;
  }

  /** One login serves all that were refused with the same token. */
  #replaceToken(): Promise<void> {
    this.#replacing ??= this.#token.replace().finally(() => {
      this.#replacing = undefined;
    });
    return this.#replacing;
  }

  async #lives(token: string): Promise<boolean> {
    try {
      await this.#calls.ask({ verb: 'read', path: 'auth/token/lookup-self' }, { token });
      return true;
    } catch (error) {
      return !isTashikaError(error, 'VAULT_DENIED');
    }
  }

  #remember(token: string): void {
    this.#tokens.push(token);
    if (this.#tokens.length > MOST_REMEMBERED) this.#tokens.shift();
  }

  async #unlessMissing<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await asked;
    } catch (error) {
      if (isTashikaError(error, 'VAULT_SECRET_MISSING')) return undefined;
      throw error;
    }
  }
}

function fetchedToken({ token, durationMs, renewable }: GrantedToken): Fetched<string> {
  return { value: token, identity: token, known: {}, news: { kind: 'granted', durationMs, renewable } };
}

async function renewed(token: string, grantedMs: Duration, calls: VaultCalls): Promise<Grant> {
  const body = { increment: `${Math.ceil(grantedMs / 1000)}s` };
  const { auth } = await calls.ask({ verb: 'write', path: 'auth/token/renew-self' }, { token, body });
  return auth ?? { durationMs: 0, renewable: false };
}

/** `kv/tashika/beam` is read and written at `kv/data/tashika/beam`. */
function kvData(path: string): string {
  const [mount, ...name] = path.split('/');
  return [mount, 'data', ...name].join('/');
}

function ignoreDenied(error: unknown): void {
  if (!isTashikaError(error, 'VAULT_DENIED')) throw error; // it has ended already
}

/** @throws TashikaError CONFIG_UNREADABLE */
async function authorities(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `The file of Vault's authorities can't be read: ${messageOf(error)}.`);
  }
}
