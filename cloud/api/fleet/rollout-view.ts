import type { Timestamp } from '@tashika/shared/time';
import {
  type Count,
  type Crowd,
  type KeptRollout,
  type ListedRollout,
  type readSignals,
  type Setback,
  soakUntil,
  type Tally,
  waveStateOf,
} from '../../fleet/rollout/index.ts';
import type { Rollout, RolloutSummary, RolloutWave } from './shapes.ts';

/** Rollouts as the API tells them. */

/** What is read of a rollout's devices. */
export interface Parts {
  readonly crowds: readonly Crowd[];
  readonly setbacks: readonly Setback[];
}

/** One rollout, with all that is told of it. */
export function wholeOf(
  rollout: KeptRollout,
  { crowds, setbacks }: Parts,
  signals: Awaited<ReturnType<typeof readSignals>>,
): Rollout {
  const { failing } = rollout;
  return {
    ...summaryOf(rollout, { wavesTotal: rollout.plan.waves.length, counts: crowds }),
    plan: rollout.plan,
    waves: wavesOf(rollout, crowds),
    signals: signals.map(({ series, worst, since, ...signal }) => ({
      ...signal,
      worst: [...worst],
      since: isoOrNull(since),
      series: series.map(({ at, ...point }) => ({ at: iso(at), ...point })),
    })),
    failing: {
      signal: failing?.signal ?? null,
      since: isoOrNull(failing?.since ?? null),
      haltedAt: isoOrNull(failing?.haltedAt ?? null),
      devices: [...(failing?.devices ?? [])],
    },
    setbacks: setbacks.map(({ why, some, ...setback }) => ({
      ...setback,
      ...(why && { why }),
      some: [...some],
    })),
  };
}

/** One rollout, as a list tells it. */
export function summaryOf(rollout: ListedRollout, { wavesTotal, counts }: Tally): RolloutSummary {
  return {
    id: rollout.id,
    image: rollout.image,
    state: rollout.state,
    reason: rollout.reason,
    ...(rollout.why && { why: rollout.why }),
    since: iso(rollout.since),
    wave: rollout.wave,
    wavesTotal,
    devices: sumOf(counts, 'devices'),
    touched: sumOf(counts, 'touched'),
    byState: countsOf(counts, 'state'),
    createdAt: iso(rollout.createdAt),
    createdBy: rollout.createdBy,
    approvedBy: rollout.approvedBy,
    pausedBy: rollout.pausedBy,
    startedAt: isoOrNull(rollout.startedAt),
    endedAt: isoOrNull(rollout.endedAt),
  };
}

function wavesOf(rollout: KeptRollout, crowds: readonly Crowd[]): RolloutWave[] {
  return rollout.plan.waves.map((_, index) => {
    const wave = index + 1;
    const ofWave = crowds.filter((crowd) => crowd.wave === wave);
    const state = waveStateOf(rollout, wave);
    return {
      wave,
      state,
      devices: sumOf(ofWave, 'devices'),
      cumulative: sumOf(
        crowds.filter((crowd) => crowd.wave <= wave),
        'devices',
      ),
      byState: countsOf(ofWave, 'state'),
      regions: countsOf(ofWave, 'region'),
      boards: countsOf(ofWave, 'board'),
      soakUntil: state === 'soaking' ? isoOrNull(soakUntil(rollout)) : null,
    };
  });
}

function sumOf(crowds: readonly Count[], what: 'devices' | 'touched'): number {
  return crowds.reduce((sum, crowd) => sum + crowd[what], 0);
}

function countsOf<By extends 'state' | 'region' | 'board'>(
  crowds: readonly Pick<Crowd, By | 'devices'>[],
  by: By,
): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const crowd of crowds) {
    const key = crowd[by];
    if (key !== null) counts[key] = (counts[key] ?? 0) + crowd.devices;
  }
  return counts;
}

/** ISO 8601, UTC. */
export function iso(time: Timestamp): string {
  return new Date(time).toISOString();
}

export function isoOrNull(time: Timestamp | null): string | null {
  return time === null ? null : iso(time);
}
