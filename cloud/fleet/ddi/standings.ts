import type { Clock, Duration } from '@tashika/shared/time';
import type { Store, Unsubscribe } from '../../store/index.ts';
import { ACTION_CHANNEL, readStandings, type Standing } from './standing.ts';

/** A standing takes some 300 bytes. */
const MOST_KEPT = 50_000;
const MOST_A_QUERY = 500;
/** For how long a lost notification can go unnoticed, while the connection that listens is broken and does not know it. */
const KEPT_FOR_MS: Duration = 60_000;

interface Kept {
  readonly standing: Standing;
  readonly until: Duration;
}

interface Asking {
  readonly controllerId: string;
  readonly answer: Promise<Standing | undefined>;
  readonly resolve: (standing: Standing | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * The standings of the devices of a tenant, for polls: kept in memory until they are notified to have changed, and read
 * many at a time, one query after the other, so that ten thousand devices that ask at once come to some dozens of
 * queries. Who is not known is not kept: strangers push nobody out.
 */
export class Standings {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #tenant: string;
  /** The longest not asked for first. */
  readonly #kept = new Map<string, Kept>();
  #waiting = new Map<string, Asking>();
  /** Those of the query under way whose answer is still good: what is notified meanwhile is taken out. */
  #asked = new Map<string, Asking>();
  #reading: Promise<void> | undefined;
  #unlisten: Unsubscribe | undefined;

  constructor({ store, clock, tenant }: { readonly store: Store; readonly clock: Clock; readonly tenant: string }) {
    this.#store = store;
    this.#clock = clock;
    this.#tenant = tenant;
  }

  async start(): Promise<void> {
    this.#unlisten = await this.#store.listen(ACTION_CHANNEL, (payload) => this.#onNotify(payload));
  }

  async stop(): Promise<void> {
    await this.#reading;
    await this.#unlisten?.();
  }

  /** Undefined for a device that is not known. Rejects when the store can't be read. */
  of(controllerId: string): Standing | undefined | Promise<Standing | undefined> {
    const kept = this.#kept.get(controllerId);
    if (kept && kept.until > this.#clock.monotonic()) {
      this.#kept.delete(controllerId);
      this.#kept.set(controllerId, kept);
      return kept.standing;
    }
    const asking = this.#asked.get(controllerId) ?? this.#waiting.get(controllerId) ?? this.#ask(controllerId);
    return asking.answer;
  }

  /** What is known of a device is no longer right. */
  forget(controllerId: string): void {
    this.#kept.delete(controllerId);
    this.#asked.delete(controllerId);
  }

  #onNotify(payload: string): void {
    if (payload === '') {
      this.#kept.clear();
      this.#asked.clear();
    } else if (payload.startsWith(`${this.#tenant}/`)) this.forget(payload.slice(this.#tenant.length + 1));
  }

  #ask(controllerId: string): Asking {
    let resolve!: Asking['resolve'];
    let reject!: Asking['reject'];
    const answer = new Promise<Standing | undefined>((...settle) => {
      [resolve, reject] = settle;
    });
    const asking = { controllerId, answer, resolve, reject };
    this.#waiting.set(controllerId, asking);
    this.#reading ??= this.#readOnAndOn().finally(() => {
      this.#reading = undefined;
    });
    return asking;
  }

  async #readOnAndOn(): Promise<void> {
    await Promise.resolve(); // those who ask in the same turn share a query
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting.values()].slice(0, MOST_A_QUERY);
      for (const { controllerId } of batch) this.#waiting.delete(controllerId);
      this.#asked = new Map(batch.map((asking) => [asking.controllerId, asking]));
      try {
        this.#answer(batch, await readStandings(this.#store, this.#tenant, [...this.#asked.keys()]));
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.#asked = new Map();
    }
  }

  #answer(batch: readonly Asking[], found: ReadonlyMap<string, Standing>): void {
    const until = this.#clock.monotonic() + KEPT_FOR_MS;
    for (const asking of batch) {
      const standing = found.get(asking.controllerId);
      if (standing && this.#asked.get(asking.controllerId) === asking)
        this.#kept.set(asking.controllerId, { standing, until });
      asking.resolve(standing);
    }
    for (const longest of this.#kept.keys()) {
      if (this.#kept.size <= MOST_KEPT) break;
      this.#kept.delete(longest);
    }
  }
}
