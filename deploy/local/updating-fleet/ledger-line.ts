import {
  type ArrivedEvent,
  commit,
  type HubAddress,
  openEvent,
  partitionPositions,
  registerPartitions,
} from '@tashika/cloud/ingest';
import type { Logger, Store } from '@tashika/cloud/store';
import { policyOf, type WindowPolicy } from '@tashika/cloud/windows';
import { TashikaError } from '@tashika/shared/errors';
import { encodeEnvelope } from '@tashika/shared/funnel';
import type { Post } from '@tashika/shared/telemetry';
import type { Clock, Timestamp } from '@tashika/shared/time';

/** A post on its way, from the SIM that the network vouches for. */
export interface SentPost {
  readonly imsi: string;
  readonly post: Post;
}

const HUB: HubAddress = { namespace: 'simulated', hub: 'telemetry', consumerGroup: '$Default' };
const OWNER = 'simulated-worker';
const MADE_AT: Timestamp = 0;
const FUNNEL = {
  operatorId: 'OP0000000000',
  credentialsId: 'azure-eh',
  sourceProtocol: 'http',
  destination: {
    provider: 'azure',
    service: 'eventhubs',
    resourceUrl: 'https://simulated.servicebus.windows.net/telemetry/messages',
    payloadsOnly: false,
  },
} as const;

/** Windows of ten minutes: the rollout looks at the ledger, and one row for each minute and region would be most of the time. */
const WINDOWS = {
  lateToleranceMs: 5_000,
  earlyToleranceMs: 300_000,
  outOfOrderToleranceMs: 0,
  lengthMs: 600_000,
} as const;

/**
 * The way of posts into the ledger without a hub: wrapped as Funnel wraps them, opened and committed as a worker does,
 * in as many partitions as it has.
 */
export class LedgerLine {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #policy: WindowPolicy;
  /** The next sequence number of each partition. */
  readonly #next: number[];

  private constructor(store: Store, clock: Clock, logger: Logger, policy: WindowPolicy, next: number[]) {
    this.#store = store;
    this.#clock = clock;
    this.#logger = logger;
    this.#policy = policy;
    this.#next = next;
  }

  /** Owns every partition of the store, and goes on where the last one that did was. */
  static async open(store: Store, clock: Clock, logger: Logger, partitions = 4): Promise<LedgerLine> {
    const policy = policyOf(WINDOWS);
    const partitionIds = Array.from({ length: partitions }, (_, id) => String(id));
    await registerPartitions(store, HUB, { createdAt: MADE_AT, partitionIds }, policy);
    await store.query('UPDATE partition SET owner_id = $1', [OWNER]);
    const positions = await partitionPositions(store, HUB);
    const next = partitionIds.map(
      (id) => (positions.find(({ partitionId }) => partitionId === id)?.position ?? -1) + 1,
    );
    return new LedgerLine(store, clock, logger, policy, next);
  }

  /** Commits posts that arrived just now in one transaction, those of a SIM in their order. */
  async commit(sent: readonly SentPost[]): Promise<void> {
    const now = this.#clock.now();
    const events = this.#next.map((): ArrivedEvent[] => []);
    for (const { imsi, post } of sent) {
      const partition = Number(imsi.slice(-4)) % events.length;
      const sequenceNumber = this.#next[partition]!++;
      const envelope = { ...FUNNEL, timestamp: now, payloads: post, imsi };
      const body = Buffer.from(encodeEnvelope(envelope));
      events[partition]!.push({ sequenceNumber, offset: String(sequenceNumber), enqueuedAt: now, body });
    }
    const batches = events.flatMap((arrived, partition) =>
      arrived.length === 0
        ? []
        : [
            {
              partitionId: String(partition),
              ownerId: OWNER,
              events: arrived.map(openEvent),
              startsAtCheckpoint: true,
            },
          ],
    );
    if (batches.length === 0) return;
    const context = { hub: HUB, policy: this.#policy, logger: this.#logger, now };
    const { fencedOff } = await commit(this.#store, batches, context);
    if (fencedOff.length > 0) throw new TashikaError('OWNERSHIP_LOST', 'another run commits to this store');
  }
}
