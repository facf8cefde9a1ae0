import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import type { Reason, ReasonValues } from '../reason/index.ts';
import { stopOffering } from './rolling-back.ts';
import type { Facts, Standing, Step } from './standing.ts';
import type { RolloutState } from './states.ts';
import { Stepping } from './stepping.ts';

export const ORDERS = ['approve', 'start', 'pause', 'resume', 'abort'] as const;
/** What a person may do to a rollout. */
export type OrderName = (typeof ORDERS)[number];

export interface Order {
  readonly order: OrderName;
  /** Who gives it. */
  readonly by: string;
  readonly reason?: string | undefined;
  /** With `abort`: devices that have the image are rolled back. Without it they are left as they are. */
  readonly rollBack?: boolean | undefined;
}

/** In which states an order has a meaning. */
const ALLOWED: Readonly<Record<OrderName, readonly RolloutState[]>> = {
  approve: ['awaiting-approval'],
  start: ['draft'],
  pause: ['running', 'paused'],
  resume: ['paused'],
  abort: ['draft', 'awaiting-approval', 'running', 'paused'],
};

/**
 * What follows from a person's order.
 *
 * @param devices at a start, those that the plan comes to now
 * @throws TashikaError ROLLOUT_ORDER_REFUSED where the rollout's state, or who gives it, speaks against it
 */
export function obey(
  rollout: Standing & { readonly createdBy: string },
  { order, by, reason, rollBack }: Order,
  devices: Facts['devices'],
  now: Timestamp,
): Step {
  const { id, state, createdBy, pausedBy } = rollout;
  if (!ALLOWED[order].includes(state)) throw refusal(`${id} is ${state}${nextOf(state, order)}`, order);
  const stepping = new Stepping(rollout, { devices }, now);
  const said = { by, words: reason || null };
  const person = { person: by };
  switch (order) {
    case 'approve':
      if (samePerson(by, createdBy))
        throw refusal(`${createdBy} planned ${id}, and another person must approve it`, order);
      stepping.enter('draft', { code: 'approved', values: said }, person);
      break;
    case 'start':
      stepping.enter('running', { code: 'started', values: said }, person, { wave: 1, waveSince: null });
      break;
    case 'pause':
      if (state === 'paused' && pausedBy !== 'gate') throw refusal(`${pausedBy} has paused ${id} already`, order);
      stepping.enter('paused', { code: 'paused-by-person', values: said }, person, { pausedBy: by });
      break;
    case 'resume':
      if (pausedBy === 'gate')
        throw refusal(
          `the gate paused ${id} (${rollout.reason}), and it goes on by itself when it can be judged`,
          order,
        );
      stepping.enter('running', { code: 'resumed', values: said }, person);
      break;
    case 'abort':
      abort(stepping, said, rollBack === true);
      break;
  }
  return stepping.done();
}

const BEFORE_TURN: Reason = { code: 'aborted-before-turn', values: {} };

function abort(stepping: Stepping, said: ReasonValues['aborted'], rollBack: boolean): void {
  const { state } = stepping.rollout;
  const person = { person: said.by };
  if (rollBack && (state === 'running' || state === 'paused')) {
    // The coordinator does the rest, as after a halt.
    stepping.enter('halted', { code: 'aborted-and-rolled-back', values: said }, person, { waveSince: null });
    stopOffering(stepping, BEFORE_TURN);
    return;
  }
  const hasStarted = stepping.rollout.wave > 0;
  stepping.enter('aborted', { code: 'aborted', values: said }, person, {
    waveSince: null,
    ...(!hasStarted && { endedAt: stepping.now }),
  });
  if (!hasStarted) return;
  for (const device of stepping.in('updated'))
    stepping.move(device, 'kept', { code: 'left-as-is', values: {} }, person);
  stopOffering(stepping, BEFORE_TURN);
}

function nextOf(state: RolloutState, order: OrderName): string {
  if (state === 'draft' && order === 'approve') return ': it waits for no approval, and can be started';
  if (state === 'draft') return ': it has not started';
  if (state === 'awaiting-approval') return ': another person approves it first';
  if (state === 'halted' || state === 'rolling-back') return ': its devices are being rolled back';
  if (state === 'rolled-back' || state === 'completed' || state === 'aborted') return ': it is over';
  return '';
}

/** Names as people write them: `aiko ` is Aiko. */
function samePerson(one: string, other: string): boolean {
  const plain = (name: string) => name.normalize('NFKC').trim().toLowerCase();
  return plain(one) === plain(other);
}

/** Why an order is not taken. */
export function refusal(detail: string, order: OrderName): TashikaError {
  return new TashikaError('ROLLOUT_ORDER_REFUSED', `It can't take ${order}: ${detail}. Nothing was changed.`);
}
