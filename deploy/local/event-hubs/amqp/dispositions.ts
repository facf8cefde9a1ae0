import { composite } from './codec.ts';
import type { AmqpFault } from './fault.ts';
import type { DispositionFields } from './performative-fields.ts';
import { errorValue } from './performatives.ts';

interface Outcome {
  readonly id: number;
  readonly fault: AmqpFault | undefined;
}

const ACCEPTED = 0x24;
const REJECTED = 0x25;

/** The outcomes as dispositions: consecutive acceptances share one. */
export function dispositionsOf(outcomes: readonly Outcome[]): Partial<DispositionFields>[] {
  const dispositions: { first: number; last: number; fault: AmqpFault | undefined }[] = [];
  for (const { id, fault } of outcomes) {
    const previous = dispositions.at(-1);
    if (previous && !previous.fault && !fault && id === (previous.last + 1) >>> 0) previous.last = id;
    else dispositions.push({ first: id, last: id, fault });
  }
  return dispositions.map(({ first, last, fault }) => ({
    role: true,
    first,
    last,
    settled: true,
    state: fault ? composite(REJECTED, [errorValue(fault)]) : composite(ACCEPTED, []),
  }));
}
