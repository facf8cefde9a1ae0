import fc from 'fast-check';
import type { Settings } from './model.ts';
import { Play } from './play.ts';
import { type Step, schedules } from './schedule.ts';
import type { ModelStore } from './store.ts';

/** `TASHIKA_MODEL_TIMES`: so many times as many schedules. The others lead to a failure again. */
const { TASHIKA_MODEL_TIMES, TASHIKA_MODEL_SEED, TASHIKA_MODEL_PATH } = process.env;
export const TIMES = Number(TASHIKA_MODEL_TIMES ?? 1);

const MOST_STEPS = 28;

/** What the product does otherwise than the model, and how it came to that. */
class Discrepancy extends Error {
  readonly story: readonly string[];

  constructor(story: readonly string[], cause: unknown) {
    super((cause as Error).message, { cause });
    this.story = story;
  }
}

/**
 * Plays `count` random schedules by a seed, and answers how many of them met each kind of trouble.
 *
 * @throws an error that tells the shortest story in which the product does otherwise than the model, and how to play
 *   it again
 */
export async function hunt(
  store: ModelStore,
  settings: Settings,
  count: number,
  seed: number,
): Promise<ReadonlyMap<string, number>> {
  const met = new Map<string, number>();
  const property = fc.asyncProperty(schedules(MOST_STEPS), async (steps) => {
    const here = new Set<string>();
    await play(steps, store, settings, (what) => here.add(what));
    for (const what of here) met.set(what, (met.get(what) ?? 0) + 1);
  });
  const out = await fc.check(property, {
    numRuns: Math.ceil(count * TIMES),
    seed: Number(TASHIKA_MODEL_SEED ?? seed),
    unbiased: true,
    ...(TASHIKA_MODEL_PATH && { path: TASHIKA_MODEL_PATH }),
  });
  if (!out.failed) return met;
  const { story, message, cause } = await shortest(out.counterexample![0], out.errorInstance, store, settings);
  const sentences = story.map((sentence, index) => `  ${index + 1}. ${sentence}`);
  throw new Error(
    [
      `Schedule ${out.numRuns} comes out otherwise than the model says. The shortest that does:`,
      ...sentences,
      message,
      `Again: TASHIKA_MODEL_SEED=${out.seed} TASHIKA_MODEL_PATH=${out.counterexamplePath}`,
    ].join('\n'),
    { cause },
  );
}

async function play(
  steps: readonly Step[],
  store: ModelStore,
  settings: Settings,
  met: (what: string) => void = () => {},
): Promise<void> {
  await store.empty();
  const played = new Play({ store: store.store, settings, met });
  try {
    await played.run(steps);
  } catch (cause) {
    throw new Discrepancy(played.story, cause);
  }
}

/** Takes out the steps that the failure does without; the shrinker leaves some, as it shortens from one end. */
async function shortest(
  steps: readonly Step[],
  error: unknown,
  store: ModelStore,
  settings: Settings,
): Promise<Discrepancy> {
  for (const index of steps.keys()) {
    const fewer = steps.toSpliced(index, 1);
    try {
      await play(fewer, store, settings);
    } catch (other) {
      return shortest(fewer, other, store, settings);
    }
  }
  return error as Discrepancy;
}
