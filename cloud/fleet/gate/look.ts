import type { Duration, Timestamp } from '@tashika/shared/time';
import type { FleetSettings } from '../../config/fleet.ts';
import type { Queryable } from '../../store/index.ts';
import type { Gate, GateLook, JudgedRollout } from '../rollout/gate.ts';
import { judge } from './judge.ts';
import { endedRound, endOfRound } from './sampler.ts';
import type { DeviceRound, GateRound } from './signal.ts';
import { compact, stateOf } from './state.ts';

const DAY_MS: Duration = 86_400_000;
/** Devices of each region that are not in the rollout and are looked at as neighbours: always the same. */
const MOST_OTHERS = 100;

/**
 * The gate that reads the ledger, by the samples of its rounds. Its first look is at the oldest round that is kept, so
 * that it knows how the fleet was before the rollout began.
 */
export function ledgerGate({ sampleMs, samplesDays }: Pick<FleetSettings, 'sampleMs' | 'samplesDays'>): Gate {
  return {
    async look(transaction: Queryable, rollout: JudgedRollout, now: Timestamp): Promise<GateLook | undefined> {
      const first = endedRound(rollout.startedAt - samplesDays * DAY_MS, sampleMs);
      const round = await readRound(transaction, rollout, Math.max(rollout.round, first), { now, sampleMs });
      if (!round) return undefined;
      const { version, plan } = rollout;
      const judged = judge(stateOf(await rollout.state()), round, {
        ...plan.gate,
        version,
        sampleMs,
        soakMs: plan.soakMinutes * 60_000,
      });
      const { verdict } = judged;
      return {
        round: round.round,
        at: round.at,
        verdict,
        // What it learned from has no place among what the rollout came to.
        signals: round.at > rollout.startedAt ? judged.signals : [],
        state: compact(judged.state),
      };
    },
  };
}

interface Row {
  readonly controller_id: string;
  readonly region: string;
  readonly board: string | null;
  readonly readings: number | null;
  readonly gone: number | null;
  readonly posts: number | null;
  readonly dead_letters: number;
  readonly held: number;
  readonly last_seen: Date;
  readonly clock: string | null;
  readonly starts: number | null;
  readonly starts_before: number | null;
  readonly version: string | null;
  readonly member: boolean;
  readonly state: string | null;
  readonly since: Date | null;
  readonly updated_at: Date | null;
  readonly offered_at: Date | null;
  readonly elsewhere: boolean;
}

/** The oldest round after `after` that has ended and was sampled, with the differences to the one before. */
export async function readRound(
  transaction: Queryable,
  { id, tenant, kind }: JudgedRollout,
  after: number,
  { now, sampleMs }: { readonly now: Timestamp; readonly sampleMs: Duration },
): Promise<GateRound | undefined> {
  const [found] = await transaction.query<{ round: number | null; before: number | null }>(
    `SELECT round, (SELECT max(round) FROM fleet_sample WHERE round < next.round) AS before
       FROM (SELECT min(round) AS round FROM fleet_sample WHERE round > $1 AND round <= $2) AS next`,
    [after, endedRound(now, sampleMs)],
  );
  if (!found || found.round === null) return undefined;
  const { round, before } = found;
  const at = endOfRound(round, sampleMs);
  const rows = await transaction.query<Row>(READ, [tenant, round, before ?? -1, id, kind, MOST_OTHERS]);
  return {
    round,
    at,
    roundMs: before === null ? sampleMs : (round - before) * sampleMs,
    devices: rows.map((row) => deviceOf(row, at)),
  };
}

const READ = `
  WITH sampled AS (
         SELECT known.controller_id, known.board, latest.*, member.rollout_id IS NOT NULL AS member, member.state,
                member.since, member.updated_at,
                row_number() OVER (PARTITION BY member.rollout_id IS NOT NULL, latest.region
                                   ORDER BY hashtext(known.controller_id), known.controller_id) AS place
           FROM fleet_sample AS latest
           JOIN fleet_device AS known ON known.tenant = $1 AND known.imsi = latest.imsi
           LEFT JOIN rollout_device AS member
                  ON member.rollout_id = $4 AND member.controller_id = known.controller_id
          WHERE latest.round = $2)
  SELECT sampled.controller_id, sampled.region, sampled.board, sampled.received - before.received AS readings,
         sampled.missing + sampled.lost - before.missing - before.lost AS gone, sampled.posts - before.posts AS posts,
         sampled.dead_letters, sampled.held, sampled.last_seen, sampled.clock, sampled.starts,
         before.starts AS starts_before,
         CASE WHEN $5 = 'agent' THEN sampled.agent_version ELSE sampled.system_version END AS version,
         sampled.member, sampled.state, sampled.since, sampled.updated_at,
         CASE WHEN sampled.state <> 'waiting' THEN
              (SELECT min(created_at) FROM deployment_action AS action
                WHERE action.rollout_id = $4 AND action.controller_id = sampled.controller_id) END AS offered_at,
         EXISTS (SELECT FROM rollout_device AS other JOIN rollout ON rollout.id = other.rollout_id
                  WHERE other.controller_id = sampled.controller_id AND other.rollout_id <> $4
                    AND rollout.tenant = $1 AND rollout.started_at IS NOT NULL AND rollout.ended_at IS NULL
                    AND other.state NOT IN ('waiting', 'skipped')) AS elsewhere
    FROM sampled LEFT JOIN fleet_sample AS before ON before.round = $3 AND before.imsi = sampled.imsi
   WHERE sampled.member OR sampled.place <= $6
   ORDER BY sampled.controller_id`;

function deviceOf(row: Row, at: Timestamp): DeviceRound {
  const { updatedAt, kept, aside } = standingOf(row, at);
  return {
    controllerId: row.controller_id,
    region: row.region,
    board: row.board ?? 'unknown',
    updatedAt,
    // Less than before is a ledger that was retired.
    readings: Math.max(0, row.readings ?? 0),
    gone: row.gone ?? 0,
    posts: Math.max(0, row.posts ?? 0),
    deadLetters: row.dead_letters,
    held: row.held,
    lastSeen: row.last_seen.getTime(),
    clock: row.clock ?? undefined,
    starts: startsOf(row),
    agentVersion: row.version ?? undefined,
    kept,
    aside: aside || row.elsewhere,
  };
}

/** A count that is less than before began anew, with the device's data directory. */
function startsOf({ starts, starts_before: before }: Row): number | undefined {
  if (starts === null || before === null) return undefined;
  return starts < before ? starts : starts - before;
}

/** What a device was at the end of a round, which may lie some way back. */
function standingOf({ member, state, since, updated_at: updated, offered_at: offered }: Row, at: Timestamp) {
  const was = (time: Date | null) => time !== null && time.getTime() <= at;
  const neighbour = { updatedAt: undefined, kept: false, aside: false };
  if (!member || state === 'waiting') return neighbour;
  const isUpdated = state === 'updated' || state === 'kept';
  if (was(updated) && (isUpdated || !was(since)))
    return { updatedAt: updated!.getTime(), kept: state === 'kept' && was(since), aside: false };
  return state !== 'skipped' && !was(offered) ? neighbour : { ...neighbour, aside: true };
}
