import type { Timestamp } from '@tashika/shared/time';
import type { Parameter, Queryable, Store } from '../../../store/index.ts';
import { sampleDevices, sampleRecord } from './sample-plan.ts';

/** Puts agents of these versions into the registry. */
export async function addImages(store: Queryable, versions: readonly string[], at: Timestamp): Promise<void> {
  for (const version of versions)
    await store.query(
      `INSERT INTO image (kind, version, sha256, record, sbom, imported_at, imported_by)
       VALUES ('agent', $1, $2, $3::jsonb, '{}', $4, 'Aiko')`,
      [version, '0'.repeat(64), JSON.stringify(sampleRecord(version)), new Date(at)],
    );
}

/** `count` devices `d0`, `d1`, …, whose SIMs are `sim-d0`, … and whose readings tell version 1.4.0. */
export async function addDevices(store: Queryable, count: number, at: Timestamp): Promise<void> {
  const devices = sampleDevices(count);
  const ids = devices.map(({ controllerId }) => controllerId);
  await store.query(
    `INSERT INTO fleet_device (tenant, controller_id, imsi, board, agent_version, first_poll, last_poll)
     SELECT 'tashika', id, 'sim-' || id, board, '1.4.0', $3, $3 FROM unnest($1::text[], $2::text[]) AS given (id, board)`,
    [ids, devices.map(({ board }) => board!), new Date(at)],
  );
  await store.query(
    `INSERT INTO device (imsi, region, last_seen)
     SELECT 'sim-' || id, region, $3 FROM unnest($1::text[], $2::text[]) AS given (id, region)`,
    [ids, devices.map(({ region }) => region!), new Date(at)],
  );
  await tellVersion(store, ids, '1.4.0', at);
}

/** The devices' readings tell a version. */
export async function tellVersion(
  store: Queryable,
  ids: readonly string[],
  version: string,
  at: Timestamp,
): Promise<void> {
  await store.query(
    `UPDATE device SET last_values = jsonb_build_object('agent/version',
            jsonb_build_object('value', $2::text, 'unit', '', 'time', $3::text)), last_seen = $3::timestamptz
      WHERE imsi = ANY ($1::text[])`,
    [ids.map((id) => `sim-${id}`), version, new Date(at).toISOString()],
  );
}

/** The updaters of all that were offered something say that they have done it; which version each was offered. */
export async function finishAll(store: Queryable, at: Timestamp): Promise<ReadonlyMap<string, string>> {
  const rows = await store.query<{ controller_id: string; version: string }>(
    `UPDATE deployment_action SET state = 'closed', outcome = 'success', progress = 'closed', closed_at = $1,
            fetched_at = coalesce(fetched_at, $1)
      WHERE state = 'open' RETURNING controller_id, version`,
    [new Date(at)],
  );
  return new Map(rows.map((row) => [row.controller_id, row.version]));
}

/** What the tables say of a rollout, without what differs from one run to the next. */
export async function wholeOf(store: Queryable, id = 'agent-1-5-0'): Promise<unknown> {
  const [rollout] = await store.query(
    'SELECT state, wave, reason, why, since, ended_at, verdict, failing, gate_round, revision FROM rollout WHERE id = $1',
    [id],
  );
  const devices = await store.query(
    `SELECT member.controller_id, member.state, member.since, member.detail, member.why, action.purpose, action.version, action.state AS action
       FROM rollout_device AS member LEFT JOIN deployment_action AS action ON action.id = action_id
      WHERE member.rollout_id = $1 ORDER BY place`,
    [id],
  );
  const actions = await store.query(
    'SELECT controller_id, purpose, version, state, outcome, maintenance FROM deployment_action ORDER BY controller_id, id',
  );
  const log = await store.query(
    'SELECT at, actor, subject, event, from_state, to_state, reason, why FROM fleet_audit ORDER BY id',
  );
  const signals = await store.query('SELECT round, signal, evidence FROM fleet_signal ORDER BY round, signal');
  return { rollout, devices, actions, log, signals };
}

/** The store of a process that dies when the `nth` statement of a transaction has run, and before what comes then. */
export function dyingStore(store: Store, nth: number): { store: Store; died: () => boolean } {
  let statements = 0;
  const dying = (queryable: Queryable): Queryable => ({
    script: (sql) => queryable.script(sql),
    async query<Row>(sql: string, parameters?: readonly Parameter[]): Promise<Row[]> {
      const rows = await queryable.query<Row>(sql, parameters);
      if (++statements === nth) throw new Error('killed');
      return rows;
    },
  });
  return {
    store: { ...methodsOf(store), transaction: (work) => store.transaction((transaction) => work(dying(transaction))) },
    died: () => statements >= nth,
  };
}

function methodsOf(store: Store): Store {
  return {
    driver: store.driver,
    query: (sql, parameters) => store.query(sql, parameters),
    script: (sql) => store.script(sql),
    transaction: (work) => store.transaction(work),
    listen: (channel, callback) => store.listen(channel, callback),
    close: () => store.close(),
  };
}
