import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { FleetSettings } from '../../config/fleet.ts';
import type { Logger, Queryable, Store } from '../../store/index.ts';

/** Any constant serves; it only has to differ from other locks in the same database. */
const SAMPLE_LOCK = 7_402_158_308;
const DAY_MS: Duration = 86_400_000;
const ROWS_A_TRANSACTION = 5_000;
const LEAST_PAUSE_MS: Duration = 20;
/** Later than this share of a round after its end, what the ledger says is no longer that of its end. */
const LATEST = 0.1;
const LEAST_LATE_MS: Duration = 500;
/** A dead letter is stored some time after it was received, so those of the last twentieth of a round are the next one's. */
const LAG = 0.05;

type Settings = Pick<FleetSettings, 'sampleMs' | 'samplesDays'>;

/** The round that has ended last at `now`. */
export function endedRound(now: Timestamp, sampleMs: Duration): number {
  return Math.floor(now / sampleMs) - 1;
}

/** The end of a round. */
export function endOfRound(round: number, sampleMs: Duration): Timestamp {
  return (round + 1) * sampleMs;
}

/**
 * Writes what the ledger and the devices' last words come to as the sample of `round`, for all devices whose updater has
 * said which SIM it is behind. Once a round: whoever comes second, in whatever process, writes nothing.
 *
 * @returns how many devices were written
 */
export function sampleRound(store: Store, round: number, { sampleMs }: Pick<Settings, 'sampleMs'>): Promise<number> {
  return store.transaction(async (transaction) => {
    const [row] = await transaction.query<{ mine: boolean }>('SELECT pg_try_advisory_xact_lock($1) AS mine', [
      SAMPLE_LOCK,
    ]);
    if (!row!.mine || (await hasRound(transaction, round))) return 0;
    const [before] = await transaction.query<{ round: number | null }>(
      'SELECT max(round) AS round FROM fleet_sample WHERE round < $1',
      [round],
    );
    const since = Math.max(before?.round ?? 0, round - Math.ceil(DAY_MS / sampleMs));
    const edge = (which: number) => new Date(endOfRound(which, sampleMs) - LAG * sampleMs);
    const written = await transaction.query<{ devices: number }>(INSERT, [round, edge(since), edge(round)]);
    return written[0]!.devices;
  });
}

async function hasRound(transaction: Queryable, round: number): Promise<boolean> {
  return (await transaction.query('SELECT FROM fleet_sample WHERE round = $1 LIMIT 1', [round])).length > 0;
}

/** The value of a reading as text, where it is of a type and no longer than a version is. */
const textOf = (name: string) =>
  `CASE WHEN jsonb_typeof(last_values -> '${name}' -> 'value') = 'string' THEN left(last_values -> '${name}' ->> 'value', 100) END`;
const STARTS = `last_values -> 'agent/starts' -> 'value'`;

const INSERT = `
  WITH refused AS (
         SELECT imsi, count(*) AS letters FROM dead_letter
          WHERE received_at > $2 AND received_at <= $3 AND imsi IS NOT NULL GROUP BY imsi),
       written AS (
         INSERT INTO fleet_sample (round, imsi, region, received, missing, lost, held, posts, dead_letters, last_seen,
                clock, starts, agent_version, system_version)
         SELECT $1::bigint, device.imsi, device.region, streams.received, streams.missing, streams.lost, streams.held,
                device.posts, coalesce(refused.letters, 0), device.last_seen, device.clock,
                CASE WHEN jsonb_typeof(${STARTS}) = 'number' AND (${STARTS})::numeric BETWEEN 0 AND 1e15
                     THEN floor((${STARTS})::numeric)::bigint END,
                ${textOf('agent/version')}, ${textOf('agent/system')}
           FROM fleet_device JOIN device USING (imsi)
          CROSS JOIN LATERAL (
                SELECT coalesce(sum(received_count), 0) AS received, coalesce(sum(missing_count), 0) AS missing,
                       coalesce(sum(lost_count), 0) AS lost, coalesce(sum(ledger.held), 0) AS held
                  FROM ledger WHERE ledger.imsi = device.imsi) AS streams
           LEFT JOIN refused ON refused.imsi = device.imsi
         ON CONFLICT DO NOTHING RETURNING 1)
  SELECT count(*) AS devices FROM written`;

/**
 * Deletes rounds before `round`, a few rows at a time.
 *
 * @param pause waits after each part, which took so many ms; false ends it
 * @returns how many rows were deleted
 */
export async function trimSamples(
  store: Store,
  round: number,
  pause: () => Promise<boolean>,
  rows: number = ROWS_A_TRANSACTION,
): Promise<number> {
  let deleted = 0;
  for (;;) {
    const [row] = await store.query<{ gone: number }>(
      `WITH old AS MATERIALIZED (
              SELECT ctid AS place FROM fleet_sample WHERE round < $1 ORDER BY round LIMIT $2 FOR UPDATE SKIP LOCKED),
            gone AS (DELETE FROM fleet_sample WHERE ctid = ANY (ARRAY(SELECT place FROM old)) RETURNING 1)
       SELECT count(*) AS gone FROM gone`,
      [round, rows],
    );
    deleted += row!.gone;
    if (row!.gone < rows || !(await pause())) return deleted;
  }
}

export interface SamplerParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Settings;
}

export interface Sampler {
  /** Once the statement under way is done. */
  stop(): Promise<void>;
}

/**
 * Samples each round at its end, and deletes what is older than `fleet.samplesDays`. A round that nobody was there for
 * is left out; what lies between its neighbours then counts for the longer time. Several servers may do so on one store.
 */
export function startSampler({ store, clock, logger, settings }: SamplerParts): Sampler {
  const { sampleMs, samplesDays } = settings;
  const stopping = new AbortController();

  async function pause(forMs: Duration): Promise<boolean> {
    await clock.sleep(forMs, stopping.signal).catch(() => {});
    return !stopping.signal.aborted;
  }

  async function sample(): Promise<void> {
    const round = endedRound(clock.now(), sampleMs);
    const late = clock.now() - endOfRound(round, sampleMs);
    if (late > Math.max(LEAST_LATE_MS, LATEST * sampleMs)) return;
    const devices = await sampleRound(store, round, settings);
    if (devices > 0) logger.debug({ round, devices }, 'a round was sampled');
    await trimSamples(store, round - Math.ceil((samplesDays * DAY_MS) / sampleMs), () => pause(LEAST_PAUSE_MS));
  }

  async function sampleForEver(): Promise<void> {
    // A wall clock may be set while it sleeps, so it looks again at each end.
    while (await pause(sampleMs - (clock.now() % sampleMs)))
      await sample().catch((error) =>
        logger.warn({ error: messageOf(error) }, 'a round could not be sampled; it is left out'),
      );
  }

  const sampling = sampleForEver();
  return {
    async stop() {
      stopping.abort(new Error('the sampler is stopping'));
      await sampling;
    },
  };
}
