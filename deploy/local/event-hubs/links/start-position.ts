import { AmqpFault, Condition } from '../amqp/index.ts';
import type { EventPlace, PartitionLog } from '../log/index.ts';

const SELECTOR = 'apache.org:selector-filter:string';
const EXPRESSION = /^\s*amqp\.annotation\.(x-opt-[a-z-]+)\s*(>=?)\s*'?([^']*?)'?\s*$/;
const LATEST = '@latest';

const FIELDS: Readonly<Record<string, keyof EventPlace>> = {
  'x-opt-offset': 'offset',
  'x-opt-sequence-number': 'sequenceNumber',
  'x-opt-enqueued-time': 'enqueuedTime',
};

/** Where a reader starts: after what it names, or at it. */
export type StartPosition =
  | 'earliest'
  | 'latest'
  | { readonly by: keyof EventPlace; readonly value: number; readonly inclusive: boolean };

/**
 * Reads the position from a receiver's filter; without one a reader starts at the earliest event.
 *
 * @throws AmqpFault com.microsoft:argument-error for an expression that Event Hubs doesn't know
 */
export function readStartPosition(filters: Readonly<Record<string, unknown>>): StartPosition {
  const selector = filters[SELECTOR];
  if (selector === undefined) return 'earliest';
  const [, annotation, comparison, value] = EXPRESSION.exec(String(selector)) ?? [];
  const by = FIELDS[annotation ?? ''];
  if (by === 'offset' && value === LATEST) return 'latest';
  if (!by || !/^-?\d+$/.test(value!)) {
    throw new AmqpFault(Condition.argumentError, `The filter '${String(selector)}' is not a position in a partition.`);
  }
  return { by, value: Number(value), inclusive: comparison === '>=' };
}

/** The offset in the log at which a reader with this position starts. */
export async function findStart(partition: PartitionLog, position: StartPosition): Promise<number> {
  if (position === 'earliest') return partition.begin;
  if (position === 'latest') return partition.end;
  const { by, value, inclusive } = position;
  return partition.seek(inclusive ? (place) => place[by] < value : (place) => place[by] <= value);
}
