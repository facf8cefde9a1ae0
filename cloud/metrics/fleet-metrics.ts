import type { Registry } from 'prom-client';
import type { Store } from '../store/index.ts';
import { gaugesOf, onceAScrape } from './scrape.ts';

interface FleetState {
  readonly rollouts: readonly { readonly state: string; readonly count: number }[];
  readonly devices: readonly { readonly rollout: string; readonly state: string; readonly count: number }[];
  readonly signals: readonly { readonly rollout: string; readonly signal: string; readonly raised: number }[];
}

/** How rollouts stand. Devices and signals are told of those alone that have started and not ended. */
export function registerFleetMetrics(registry: Registry, store: Store): void {
  const gauge = gaugesOf(
    registry,
    onceAScrape(() => readFleet(store)),
  );

  gauge('tashika_rollouts', 'Rollouts by state.', ['state'], ({ rollouts }) =>
    rollouts.map(({ state, count }) => [{ state }, count] as const),
  );
  gauge(
    'tashika_rollout_devices',
    'Devices by state, of each rollout that is under way.',
    ['rollout', 'state'],
    ({ devices }) => devices.map(({ rollout, state, count }) => [{ rollout, state }, count] as const),
  );
  gauge(
    'tashika_rollout_evidence_ratio',
    "The gate's evidence against an image, by signal, as a part of what halts the rollout.",
    ['rollout', 'signal'],
    ({ signals }) => signals.map(({ rollout, signal, raised }) => [{ rollout, signal }, raised] as const),
  );
}

const UNDER_WAY = 'rollout.started_at IS NOT NULL AND rollout.ended_at IS NULL';

async function readFleet(store: Store): Promise<FleetState> {
  return {
    rollouts: await store.query('SELECT state, count(*) AS count FROM rollout GROUP BY state'),
    devices: await store.query(
      `SELECT rollout.id AS rollout, member.state, count(*) AS count
         FROM rollout JOIN rollout_device AS member ON member.rollout_id = rollout.id
        WHERE ${UNDER_WAY} GROUP BY 1, 2`,
    ),
    signals: await store.query(
      `SELECT rollout.id AS rollout, told.signal, told.evidence / nullif(told.threshold, 0) AS raised
         FROM rollout JOIN fleet_signal AS told ON told.rollout_id = rollout.id AND told.round = rollout.gate_round
        WHERE ${UNDER_WAY} AND told.threshold > 0`,
    ),
  };
}
