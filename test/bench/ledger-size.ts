import { readCensus } from '@tashika/cloud/api/live';
import { type ArrivedEvent, commit, type HubAddress, openEvent, registerPartitions } from '@tashika/cloud/ingest';
import { readStream, regionCompleteness } from '@tashika/cloud/ledger';
import { openStore, type Store } from '@tashika/cloud/store';
import { policyOf } from '@tashika/cloud/windows';
import { type Chance, seededChance } from '@tashika/shared/chance';
import { encodeEnvelope } from '@tashika/shared/funnel';
import { REGIONS } from '@tashika/shared/regions';
import { systemClock } from '@tashika/shared/time';
import { startPostgres } from './postgres.ts';
import { median, type Result, told } from './result.ts';
import type { Scene } from './scene.ts';

const EVENTS_A_COMMIT = 1_000;
const READINGS_A_POST = 3;
/** What each stream has when the measuring begins. */
const RECEIVED = 10_000;
const BEGIN = Date.UTC(2026, 0, 1);
/** A statement has to be done within half a minute. */
const LOADED_AT_ONCE = 50_000;
const READS = 5;
const RECEIPTS = 200;

const hub: HubAddress = { namespace: 'bench', hub: 'telemetry', consumerGroup: '$Default' };
const policy = policyOf({ lateToleranceMs: 5_000, earlyToleranceMs: 300_000, outOfOrderToleranceMs: 0 });
const logger = { debug() {}, info() {}, warn() {}, error() {} };

/**
 * What a ledger of so many devices costs on a durable PostgreSQL: its bytes, a commit of 1,000 events of random
 * devices, how complete the regions are, a receipt, and the live feed's census. The commits of all sizes take turns.
 */
export async function ledgerSize(scene: Scene, sizes: readonly number[], rounds: number): Promise<readonly Result[]> {
  const server = await startPostgres(scene.directory);
  const ledgers: Ledger[] = [];
  try {
    for (const size of sizes) ledgers.push(await Ledger.load(await server.createDatabase(), size));
    const commits = ledgers.map((): number[] => []);
    for (let round = -1; round < rounds; round++)
      for (const [index, ledger] of ledgers.entries()) {
        const took = await ledger.commitOne();
        if (round >= 0) commits[index]!.push(took); // the first one warms up
      }
    const results: Result[] = [];
    for (const [index, ledger] of ledgers.entries())
      results.push(...(await ledger.figures()), told(`${ledger.label}: commit`, median(commits[index]!), 'ms'));
    const [least, most] = [median(commits[0]!), median(commits.at(-1)!)];
    return [...results, told(`commit, ${ledgers.at(-1)!.label} ÷ ${ledgers[0]!.label}`, most / least, 'ratio')];
  } finally {
    for (const ledger of ledgers) await ledger.close();
    await server.stop();
  }
}

class Ledger {
  readonly label: string;
  readonly #store: Store;
  readonly #devices: number;
  readonly #chance: Chance;
  /** Posts of each device so far, on top of what was loaded. */
  readonly #posts = new Map<number, number>();
  #events = 0;

  private constructor(store: Store, devices: number) {
    this.label = `ledger of ${devices.toLocaleString('en')}`;
    this.#store = store;
    this.#devices = devices;
    this.#chance = seededChance(1, devices);
  }

  /** A store with so many devices, each with a stream; one in ten of them has a gap. */
  static async load(url: string, devices: number): Promise<Ledger> {
    const store = await openStore(url, { logger });
    await registerPartitions(store, hub, { createdAt: BEGIN, partitionIds: ['0'] }, policy);
    await store.query(`UPDATE partition SET owner_id = 'bench'`);
    for (let first = 0; first < devices; first += LOADED_AT_ONCE)
      await loadDevices(store, first, Math.min(first + LOADED_AT_ONCE, devices) - 1);
    await store.script('VACUUM (ANALYZE) device');
    await store.script('VACUUM (ANALYZE) ledger');
    return new Ledger(store, devices);
  }

  /** Commits a post of each of 1,000 random devices. Answers how long the commit alone took, in ms. */
  async commitOne(): Promise<number> {
    const devices = new Set<number>();
    while (devices.size < Math.min(EVENTS_A_COMMIT, this.#devices))
      devices.add(Math.floor(this.#chance.next() * this.#devices));
    const events = [...devices].map((device) => openEvent(this.#eventOf(device)));
    const batch = { partitionId: '0', ownerId: 'bench', events, startsAtCheckpoint: true };
    const began = performance.now();
    const { progress } = await commit(this.#store, [batch], { hub, policy, logger, now: Date.now() });
    const took = performance.now() - began;
    const readings = progress[0]?.totals.readings;
    if (readings !== events.length * READINGS_A_POST) throw new Error(`${this.label}: ${readings} readings counted.`);
    return took;
  }

  async figures(): Promise<readonly Result[]> {
    const results: Result[] = [];
    for (const table of ['ledger', 'device']) {
      const [row] = await this.#store.query<{ heap: number; indexes: number; hot: number | null }>(
        `SELECT pg_table_size($1::regclass) AS heap, pg_indexes_size($1::regclass) AS indexes,
                (SELECT n_tup_hot_upd::float8 / nullif(n_tup_upd, 0) FROM pg_stat_user_tables
                  WHERE relid = $1::regclass) AS hot`,
        [table],
      );
      const { heap, indexes, hot } = row!;
      results.push(
        told(`${this.label}: ${table}, table`, heap / 2 ** 20, 'MiB'),
        told(`${this.label}: ${table}, indexes`, indexes / 2 ** 20, 'MiB'),
        told(`${this.label}: ${table}, updates that touched no index`, 100 * (hot ?? Number.NaN), '%'),
      );
    }
    const completeness = () => regionCompleteness(this.#store, systemClock)();
    const census = () => readCensus(this.#store, BEGIN - 300_000);
    results.push(
      told(`${this.label}: completeness of all regions`, await medianTime(READS, completeness), 'ms'),
      told(`${this.label}: census of the live feed`, await medianTime(READS, census), 'ms'),
      told(`${this.label}: receipt of a random stream`, await medianTime(RECEIPTS, () => this.#readOne()), 'ms'),
    );
    return results;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  async #readOne(): Promise<void> {
    const number = numberOf(Math.floor(this.#chance.next() * this.#devices));
    const figures = await readStream(this.#store, `29500${number}`, `bench${number}`, 1_000);
    if (!figures) throw new Error(`${this.label}: a stream is not there.`);
  }

  #eventOf(device: number): ArrivedEvent {
    const post = this.#posts.get(device) ?? 0;
    this.#posts.set(device, post + 1);
    const number = numberOf(device);
    const timestamp = BEGIN + this.#events;
    const envelope = encodeEnvelope({
      operatorId: 'OP0012345678',
      timestamp,
      destination: { provider: 'azure', service: 'eventhubs', resourceUrl: 'sb://bench', payloadsOnly: false },
      credentialsId: 'azure-eh',
      payloads: {
        v: 1,
        pref: REGIONS[device % REGIONS.length]!.code,
        stream: `bench${number}`,
        seq: RECEIVED + post * READINGS_A_POST + 1,
        held: 0,
        pack: [
          { bn: 'env/', bt: timestamp / 1_000, n: 'temp', u: 'Cel', v: 20 + (device % 100) / 10 },
          { n: 'humidity', u: '%RH', v: 40 + (device % 50) },
          { n: 'door', vb: device % 7 === 0 },
        ],
      },
      sourceProtocol: 'http',
      imsi: `29500${number}`,
      imei: `86000${number}`,
    });
    const sequenceNumber = this.#events++;
    return { sequenceNumber, offset: String(sequenceNumber), enqueuedAt: timestamp, body: Buffer.from(envelope) };
  }
}

async function loadDevices(store: Store, first: number, last: number): Promise<void> {
  await store.query(
    `INSERT INTO device (imsi, imei, region, last_seen, last_values, clock, posts)
     SELECT '29500' || lpad(n::text, 10, '0'), '86000' || lpad(n::text, 10, '0'), ($3::text[])[1 + n % 47],
            $4::timestamptz - random() * interval '10 minutes',
            jsonb_build_object('env/temp', jsonb_build_object('value', 20.5, 'unit', 'Cel', 'time', $5::text),
                               'env/humidity', jsonb_build_object('value', 40, 'unit', '%RH', 'time', $5::text),
                               'env/door', jsonb_build_object('value', true, 'unit', '', 'time', $5::text)),
            'synced', 3333
       FROM generate_series($1::int, $2::int) AS n`,
    [first, last, REGIONS.map(({ code }) => code), new Date(BEGIN), new Date(BEGIN).toISOString()],
  );
  await store.query(
    `INSERT INTO ledger (imsi, stream, received, through, received_count, missing_count, held_at, updated_at)
     SELECT '29500' || lpad(n::text, 10, '0'), 'bench' || lpad(n::text, 10, '0'),
            CASE WHEN n % 10 = 0 THEN int8multirange(int8range(1, 5001), int8range(5011, $3 + 1))
                 ELSE int8multirange(int8range(1, $3 + 1)) END,
            $3, CASE WHEN n % 10 = 0 THEN $3 - 10 ELSE $3 END, CASE WHEN n % 10 = 0 THEN 10 ELSE 0 END, $4, $4
       FROM generate_series($1::int, $2::int) AS n`,
    [first, last, RECEIVED, new Date(BEGIN)],
  );
}

function numberOf(device: number): string {
  return String(device).padStart(10, '0');
}

async function medianTime(times: number, what: () => Promise<unknown>): Promise<number> {
  const took: number[] = [];
  for (let time = 0; time < times; time++) {
    const began = performance.now();
    await what();
    took.push(performance.now() - began);
  }
  return median(took);
}
