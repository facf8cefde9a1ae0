import type { Duration } from '@tashika/shared/time';
import fc from 'fast-check';
import type { Mishap } from './worker.ts';

export const WORKERS = ['A', 'B', 'C'] as const;
export const PARTITIONS = ['0', '1'] as const;

type Worker = (typeof WORKERS)[number];
type Partition = (typeof PARTITIONS)[number];
/** The partition that a message goes to; lost where Funnel answers 204 and loses it. */
type Way = Partition | 'lost';

/**
 * What happens; a plan, which the play makes concrete. All times are relative to the moment at which it happens, and a
 * number that names a thing is taken modulo how many there are.
 */
export type Step = FieldStep | CrewStep | OtherStep;

export type FieldStep =
  | {
      readonly does: 'post';
      readonly device: number;
      readonly times: readonly Duration[];
      readonly held: number;
      readonly way: Way;
    }
  | {
      readonly does: 'post-again';
      readonly device: number;
      readonly first: number;
      readonly count: number;
      readonly way: Way;
    }
  | { readonly does: 'give-up'; readonly device: number; readonly count: number }
  | { readonly does: 'believe-lost'; readonly device: number; readonly first: number; readonly count: number }
  | { readonly does: 'renew-spool'; readonly device: number }
  | { readonly does: 'talk'; readonly device: number; readonly at: Duration; readonly partition: Partition }
  | { readonly does: 'double'; readonly event: number; readonly partition: Partition }
  | { readonly does: 'poison'; readonly kind: number; readonly partition: Partition }
  | { readonly does: 'unstorable'; readonly device: number; readonly partition: Partition }
  | { readonly does: 'forget'; readonly partition: Partition; readonly count: number };

export type CrewStep =
  | { readonly does: 'list'; readonly worker: Worker }
  | { readonly does: 'claim'; readonly worker: Worker; readonly partition: Partition }
  /** One of those who read a partition of which the hub has more. */
  | { readonly does: 'read'; readonly reader: number; readonly atMost: number }
  /** One of those who have something in hand; where it fails, a thief may take the partitions before it tries again. */
  | { readonly does: 'commit'; readonly holder: number; readonly mishap: Mishap | null; readonly thief: Worker | null }
  | { readonly does: 'commit-all' }
  | { readonly does: 'lose-batch'; readonly holder: number }
  /** With what it has in hand committed, but before it hears of it, or not. */
  | { readonly does: 'crash'; readonly worker: Worker; readonly committing: boolean }
  /** One of those who own a partition asks the hub which of them are idle. */
  | { readonly does: 'ask'; readonly owner: number }
  /** It moves the watermark of those that it heard to be idle. */
  | { readonly does: 'tick'; readonly owner: number }
  | { readonly does: 'catch-up'; readonly worker: Worker };

export type OtherStep =
  | { readonly does: 'wait'; readonly time: Duration }
  | { readonly does: 'redrive'; readonly letter: number };

/**
 * A schedule of up to `most` steps. The times are those at which something turns: ends of minutes, tolerances, and a
 * millisecond beyond them.
 */
export function schedules(most: number): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength: most, size: 'max' });
}

const partition = fc.constantFrom(...PARTITIONS);
const worker = fc.constantFrom(...WORKERS);
const device = fc.nat(2);
const someWay: fc.Arbitrary<Way> = fc.oneof(
  { weight: 5, arbitrary: partition },
  { weight: 1, arbitrary: fc.constant('lost') },
);
const few = fc.integer({ min: 1, max: 4 });

const MINUTE = 60_000;
const DAY = 86_400_000;
/** When a reading was taken: mostly just now, or by a clock that is behind, ahead, or wrong. */
const time = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(0, -1, -1000, -10_000) },
  { weight: 3, arbitrary: fc.constantFrom(-30_000, -MINUTE, -2 * MINUTE, -DAY) },
  { weight: 2, arbitrary: fc.constantFrom(1, 30_000, MINUTE, 299_999, 300_000) },
  { weight: 1, arbitrary: fc.constantFrom(300_001, 6 * MINUTE) },
);
const wait = fc.constantFrom(1, 1000, 5000, 10_000, 25_000, 30_000, MINUTE, 5 * MINUTE);
const someMishap: fc.Arbitrary<Mishap | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constant({ fails: 'before' as const }) },
  {
    weight: 2,
    arbitrary: fc.integer({ min: 1, max: 12 }).map((statement) => ({ fails: 'within' as const, statement })),
  },
  { weight: 3, arbitrary: fc.constant({ fails: 'answer' as const }) },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  weighted(12, { does: 'post', device, times: fc.array(time, { maxLength: 3 }), held: fc.nat(9), way: someWay }),
  weighted(5, { does: 'post-again', device, first: fc.nat(9), count: few, way: someWay }),
  weighted(1, { does: 'give-up', device, count: few }),
  weighted(1, { does: 'believe-lost', device, first: fc.nat(9), count: few }),
  weighted(1, { does: 'renew-spool', device }),
  weighted(3, { does: 'talk', device, at: time, partition }),
  weighted(5, { does: 'double', event: fc.nat(9), partition }),
  weighted(1, { does: 'poison', kind: fc.nat(4), partition }),
  weighted(1, { does: 'unstorable', device, partition }),
  weighted(2, { does: 'forget', partition, count: few }),
  weighted(6, { does: 'wait', time: wait }),
  weighted(2, { does: 'list', worker }),
  weighted(4, { does: 'claim', worker, partition }),
  weighted(10, { does: 'read', reader: fc.nat(5), atMost: few }),
  weighted(7, { does: 'commit', holder: fc.nat(2), mishap: someMishap, thief: fc.option(worker, { freq: 3 }) }),
  weighted(3, { does: 'commit-all' }),
  weighted(1, { does: 'lose-batch', holder: fc.nat(2) }),
  weighted(2, { does: 'crash', worker, committing: fc.boolean() }),
  weighted(2, { does: 'ask', owner: fc.nat(1) }),
  weighted(4, { does: 'tick', owner: fc.nat(1) }),
  weighted(4, { does: 'redrive', letter: fc.nat(3) }),
  weighted(2, { does: 'catch-up', worker }),
);

type Fields<Data> = { [Key in keyof Data]: Key extends 'does' ? Data[Key] : fc.Arbitrary<Data[Key]> };
type FieldsOf<Does extends Step['does']> = Fields<Extract<Step, { readonly does: Does }>>;

function weighted<Does extends Step['does']>(weight: number, fields: { does: Does } & FieldsOf<Does>) {
  const { does, ...others } = fields;
  const arbitrary = fc.record({ does: fc.constant(does), ...others } as never) as unknown as fc.Arbitrary<Step>;
  return { weight, arbitrary };
}
