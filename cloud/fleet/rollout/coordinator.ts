import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { FleetSettings } from '../../config/fleet.ts';
import type { Logger, Store } from '../../store/index.ts';
import { applyStep, SteppedElsewhere } from './apply.ts';
import { readDevices } from './device-rows.ts';
import type { Gate, GateLook, JudgedRollout } from './gate.ts';
import {
  judgedOf,
  type KeptRollout,
  readGateState,
  readImages,
  readReimaged,
  readRollout,
  readUnderWay,
} from './rows.ts';
import { isStep, type Standing } from './standing.ts';
import { isQuiet, step, stepAfterwards } from './step.ts';

/** How long the gate may look at rounds that it has missed, in one step; the next step goes on. */
const LOOKING_MS: Duration = 2_000;
const MOST_LOOKS = 500;

export interface CoordinatorParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: Pick<FleetSettings, 'tenant' | 'tickMs'>;
  readonly gate: Gate;
}

export interface Coordinator {
  /** Once the step under way is done. */
  stop(): Promise<void>;
}

/**
 * Steps every rollout that is under way, once a tick. Several servers may do so on one store: each step is one
 * transaction that only one of them takes, and a server that dies in it has done nothing.
 */
export function startCoordinator(parts: CoordinatorParts): Coordinator {
  const { clock, logger, settings } = parts;
  const stopping = new AbortController();

  async function goOn(): Promise<void> {
    for (;;) {
      await clock.sleep(settings.tickMs, stopping.signal).catch(() => {});
      if (stopping.signal.aborted) return;
      await stepAll(parts).catch((error) =>
        logger.warn({ error: messageOf(error) }, 'the rollouts could not be looked at; it is tried again'),
      );
    }
  }

  const going = goOn();
  return {
    async stop() {
      stopping.abort(new Error('the coordinator is stopping'));
      await going;
    },
  };
}

/**
 * Steps each rollout once that is under way, or has ended with offers to close. What fails is logged and tried again at the
 * next tick: it hinders no other.
 */
export async function stepAll({ store, clock, logger, settings, gate }: CoordinatorParts): Promise<void> {
  const { tenant } = settings;
  const monotonic = () => clock.monotonic();
  const each = async (id: string, stepIt: (stepped: Stepped) => Promise<Happened>) => {
    try {
      const stepped = await stepIt({ tenant, id, now: clock.now(), monotonic });
      for (const { event, reason } of stepped) logger.info({ rollout: id, event, reason }, 'a rollout moved on');
    } catch (error) {
      if (error instanceof SteppedElsewhere) return;
      logger.error({ rollout: id, error: messageOf(error) }, 'a rollout could not be stepped; it is tried again');
    }
  };
  for (const id of await readUnderWay(store, tenant)) await each(id, (stepped) => stepRollout(store, gate, stepped));
  for (const id of await readReimaged(store, tenant)) await each(id, (stepped) => stepEnded(store, stepped));
}

export interface Stepped {
  readonly tenant: string;
  readonly id: string;
  readonly now: Timestamp;
  readonly monotonic: () => Duration;
}

/** What happened to the rollout itself, for the log. */
type Happened = readonly { readonly event: string; readonly reason: string }[];

/**
 * Takes what follows from the facts of one rollout, in one transaction. It is passed over where another server is
 * stepping it now.
 */
export function stepRollout(store: Store, gate: Gate, { tenant, id, now, monotonic }: Stepped): Promise<Happened> {
  return store.transaction(async (transaction) => {
    const rollout = await readRollout(transaction, tenant, id, 'FOR UPDATE SKIP LOCKED');
    if (!rollout || rollout.startedAt === null || rollout.endedAt !== null) return [];
    const judged = judgedOf(rollout, () => readGateState(transaction, id));
    const looks = goesOn(rollout) ? await looksAt(judged, (each) => gate.look(transaction, each, now), monotonic) : [];
    const images = await readImages(transaction, rollout);
    if (looks.length === 0 && images.revoked === null && isQuiet(rollout, now)) return [];
    // Who is done can go wrong again; to see that once a round is soon enough.
    const of = looks.length === 0 && goesOn(rollout) ? 'moving' : 'all';
    const devices = await readDevices(transaction, rollout, of);
    const facts = { devices, look: looks.at(-1), ...images };
    const standing: Standing = rollout;
    const taken = step(standing, facts, now);
    if (!isStep(taken, standing)) return [];
    await applyStep(transaction, rollout, taken, { now, looks });
    return taken.entries.filter(({ subject }) => subject === `rollout:${id}`);
  });
}

/** Takes what follows for a rollout that has ended, in one transaction too. */
function stepEnded(store: Store, { tenant, id, now }: Stepped): Promise<Happened> {
  return store.transaction(async (transaction) => {
    const rollout = await readRollout(transaction, tenant, id, 'FOR UPDATE SKIP LOCKED');
    if (!rollout || rollout.endedAt === null) return [];
    const taken = stepAfterwards(rollout, { devices: await readDevices(transaction, rollout) }, now);
    if (isStep(taken, rollout)) await applyStep(transaction, rollout, taken, { now });
    return [];
  });
}

function goesOn({ state }: KeptRollout): boolean {
  return state === 'running' || state === 'paused';
}

/** What the gate says of the rounds that have ended since, up to the first that is bad. */
async function looksAt(
  first: JudgedRollout,
  look: (judged: JudgedRollout) => Promise<GateLook | undefined>,
  monotonic: () => Duration,
): Promise<GateLook[]> {
  const looks: GateLook[] = [];
  const until = monotonic() + LOOKING_MS;
  for (let judged = first; looks.length < MOST_LOOKS && monotonic() < until; ) {
    const said = await look(judged);
    if (!said) break;
    looks.push(said);
    if (said.verdict.verdict === 'bad') break;
    judged = { ...judged, round: said.round, state: async () => said.state };
  }
  return looks;
}
