import { GroupCommit, type HubAddress, type ReadBatch, StoredCheckpoints } from '@tashika/cloud/ingest';
import type { Logger, Queryable, Store } from '@tashika/cloud/store';
import type { WindowPolicy } from '@tashika/cloud/windows';
import { isTashikaError } from '@tashika/shared/errors';
import { type Clock, type Duration, TestClock } from '@tashika/shared/time';
import type { HubEvent, MemoryHub } from './hub.ts';

/** What goes wrong with a transaction; the commit tries again after each. */
export type Mishap =
  | { readonly fails: 'before' }
  /** At its n-th statement, so that it is rolled back. */
  | { readonly fails: 'within'; readonly statement: number }
  /** It is committed, and its answer is lost. */
  | { readonly fails: 'answer' };

/** Events that a worker has read and not committed. */
export interface BatchInHand extends ReadBatch {
  readonly events: readonly HubEvent[];
}

export type Fate = 'committed' | 'fenced off';

interface Pump {
  next: number;
  startsAtCheckpoint: boolean;
  inHand: BatchInHand | null;
}

/** A clock whose sleeps are over at once; what happens during the next one can be set. */
export class ScheduleClock extends TestClock {
  duringNextSleep: (() => Promise<void>) | undefined;

  override async sleep(_delayMs: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const during = this.duringNextSleep;
    this.duringNextSleep = undefined;
    await during?.();
  }
}

export interface WorkerParts {
  readonly store: Store;
  readonly hub: MemoryHub;
  readonly address: HubAddress;
  readonly clock: ScheduleClock;
  readonly policy: WindowPolicy;
  readonly settings: { readonly windowsKeptMs: Duration | undefined };
}

const logger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * One life of a worker: the product's ownership and its group commit, with a reader in place of the SDK that moves on
 * from a batch before it is committed, as the SDK does.
 */
export class SimulatedWorker {
  readonly ownerId: string;
  readonly checkpoints: StoredCheckpoints;
  /** Its machine's. */
  readonly clock: Clock;
  readonly #parts: WorkerParts;
  readonly #commits: GroupCommit;
  readonly #pumps = new Map<string, Pump>();
  #mishap: Mishap | undefined;

  /** @param wallOffMs how far its machine's wall clock is off */
  constructor(ownerId: string, parts: WorkerParts, wallOffMs: Duration) {
    this.ownerId = ownerId;
    this.#parts = parts;
    const { store, address, policy, settings, clock } = parts;
    this.clock = {
      now: () => clock.now() + wallOffMs,
      monotonic: () => clock.monotonic(),
      after: (delayMs, callback) => clock.after(delayMs, callback),
      sleep: (delayMs, signal) => clock.sleep(delayMs, signal),
    };
    this.checkpoints = new StoredCheckpoints(store, address, this.clock);
    const { windowsKeptMs } = settings;
    const unlucky = this.#unlucky(store);
    this.#commits = new GroupCommit({ store: unlucky, hub: address, policy, windowsKeptMs, clock: this.clock, logger });
  }

  /** Partitions that it reads, whether or not it still owns them, and that have more for it. */
  get readable(): readonly string[] {
    const { hub } = this.#parts;
    return [...this.#pumps].flatMap(([id, { inHand, next }]) =>
      !inHand && hub.read(id, next, 1).length > 0 ? [id] : [],
    );
  }

  reads(partitionId: string): boolean {
    return this.#pumps.has(partitionId);
  }

  /** What it has read and not committed. */
  get inHand(): readonly BatchInHand[] {
    return [...this.#pumps.values()].flatMap(({ inHand }) => (inHand ? [inHand] : []));
  }

  /** Claims a partition by an ownership that was listed, and starts to read at the checkpoint unless it reads already. */
  async claim(partitionId: string, listed?: Ownerships): Promise<boolean> {
    const ownerships = listed ?? (await this.checkpoints.listOwnership('local'));
    const ownership = ownerships.find((each) => each.partitionId === partitionId)!;
    const claimed = await this.checkpoints.claimOwnership([{ ...ownership, ownerId: this.ownerId }]);
    if (claimed.length === 0) return false;
    if (!this.#pumps.has(partitionId)) await this.#startAtCheckpoint(partitionId);
    return true;
  }

  /** Reads on; answers nothing if it does not read the partition, has a batch in hand, or the hub has no more. */
  read(partitionId: string, atMost: number): BatchInHand | undefined {
    const pump = this.#pumps.get(partitionId);
    if (!pump || pump.inHand) return undefined;
    const events = this.#parts.hub.read(partitionId, pump.next, atMost);
    if (events.length === 0) return undefined;
    const { ownerId } = this;
    pump.inHand = { partitionId, ownerId, events, startsAtCheckpoint: pump.startsAtCheckpoint };
    pump.startsAtCheckpoint = false;
    pump.next = events.at(-1)!.sequenceNumber + 1;
    return pump.inHand;
  }

  /** Loses what it has in hand and reads on behind it, as the SDK does when a handler throws. */
  loseBatches(): void {
    for (const pump of this.#pumps.values()) pump.inHand = null;
  }

  /** Commits everything in hand in one group; stops reading the partitions that it turns out to have lost. */
  async commit(mishap?: Mishap): Promise<readonly Fate[]> {
    this.#mishap = mishap;
    const batches = this.inHand;
    const fates = await Promise.all(batches.map((batch) => this.#submit(batch)));
    this.#mishap = undefined;
    for (const [index, { partitionId }] of batches.entries()) {
      this.#pumps.get(partitionId)!.inHand = null;
      if (fates[index] === 'fenced off') {
        this.#pumps.delete(partitionId);
        await this.checkpoints.release(this.ownerId, partitionId);
      }
    }
    return fates;
  }

  async #submit(batch: BatchInHand): Promise<Fate> {
    try {
      await this.#commits.submit(batch);
      return 'committed';
    } catch (error) {
      if (isTashikaError(error, 'OWNERSHIP_LOST')) return 'fenced off';
      throw error;
    }
  }

  async #startAtCheckpoint(partitionId: string): Promise<void> {
    const checkpoints = await this.checkpoints.listCheckpoints('local');
    const checkpoint = checkpoints.find((each) => each.partitionId === partitionId);
    const next = checkpoint ? checkpoint.sequenceNumber + 1 : 0;
    this.#pumps.set(partitionId, { next, startsAtCheckpoint: true, inHand: null });
  }

  /** The store through a connection that fails once, as the mishap says. */
  #unlucky(store: Store): Store {
    return {
      ...store,
      transaction: async (work) => {
        const mishap = this.#mishap;
        this.#mishap = undefined;
        if (mishap?.fails === 'before') throw sqlError('40P01', 'deadlock detected');
        if (mishap?.fails === 'within')
          return store.transaction((transaction) => work(failingAt(transaction, mishap.statement)));
        const result = await store.transaction(work);
        if (mishap?.fails === 'answer') throw sqlError('08006', 'the connection is gone');
        return result;
      },
    };
  }
}

export type Ownerships = Awaited<ReturnType<StoredCheckpoints['listOwnership']>>;

function failingAt(transaction: Queryable, statement: number): Queryable {
  let statements = 0;
  return {
    ...transaction,
    async query<Row>(sql: string, parameters = []) {
      if (++statements === statement) throw sqlError('57P01', 'terminating connection due to administrator command');
      return transaction.query<Row>(sql, parameters);
    },
  };
}

function sqlError(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
