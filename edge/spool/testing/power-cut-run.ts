import { type Chance, seededChance } from '@tashika/shared/chance';
import type { SpoolOptions } from '../options.ts';
import { MemoryFiles } from './memory-files.ts';
import { openTestSpool, reading, type TestSpool } from './open-spool.ts';
import { EVERYTHING, Receiver } from './receiver.ts';

export interface PowerCutOutcome {
  readonly cuts: number;
  /** Readings that were given to the spool. */
  readonly taken: number;
  /** Those that it promised to be durable. */
  readonly promised: number;
  /** Readings that were counted, each number once. */
  readonly counted: number;
  /** Readings that came to the receiver again, and were known by their number. */
  readonly repeated: number;
  /** Promised, and never counted: the options must not be such that readings are given up. */
  readonly lost: number;
  /** One number with two values, or one value under two numbers. */
  readonly doubled: number;
}

/** Most steps of the disk between two power cuts: some thirty rounds of the story. */
const MOST_STEPS = 6_000;

interface World {
  readonly chance: Chance;
  readonly receiver: Receiver;
  readonly promised: Set<number>;
  taken: number;
  repeated: number;
}

/**
 * One run of a spool with so many power cuts, on a disk that writes in any order what was not synced, over a link that
 * loses posts and answers, to a receiver that counts each number once. The same seed tells the same story but for the
 * names of streams.
 */
export async function runPowerCuts(
  seed: number | string,
  cuts: number,
  options: Partial<SpoolOptions> = {},
): Promise<PowerCutOutcome> {
  const chance = seededChance('power-cuts', seed);
  const world: World = { chance, receiver: new Receiver(), promised: new Set(), taken: 0, repeated: 0 };
  let files = new MemoryFiles();
  for (let cut = 0; cut < cuts; cut++) {
    files.diesAt = Math.floor(chance.between(0, MOST_STEPS));
    await Promise.race([live(files, world, { ...options, bootId: bootOf(cut) }), files.died]);
    const kept = chance.next();
    const changes = Array.from({ length: files.unsynced }, () => chance.happens(kept));
    files = files.afterReordering((index) => changes[index]!);
  }
  const { spool } = await openTestSpool(files, { ...options, bootId: bootOf(cuts) });
  await world.receiver.settle(spool);
  await spool.close();
  return outcomeOf(world, cuts);
}

/** Measures, flushes, posts and asks for receipts until the disk ends it. */
async function live(files: MemoryFiles, world: World, options: Partial<SpoolOptions>): Promise<void> {
  let dead = false;
  void files.died.then(() => {
    dead = true;
  });
  const opened = await openTestSpool(files, options);
  while (!dead) {
    await measure(opened, world);
    if (!dead && world.chance.happens(0.6)) await post(opened, world, options.keepUntilConfirmed ?? false);
    if (!dead && world.chance.happens(0.1)) await confirm(opened, world);
    if (!dead) await opened.clock.advance(world.chance.between(0, 1_500));
  }
}

async function measure({ spool }: TestSpool, world: World): Promise<void> {
  const readings = Math.ceil(world.chance.between(0, 8));
  for (let each = 0; each < readings; each++) {
    const value = ++world.taken;
    void spool.append(reading(value)).then((fate) => fate === 'durable' && world.promised.add(value));
  }
  if (world.chance.happens(0.7)) await spool.flush();
}

async function post({ spool }: TestSpool, world: World, receipts: boolean): Promise<void> {
  const { chance, receiver } = world;
  const batch = await spool.read({ ...EVERYTHING, bytes: Math.ceil(chance.between(0, 20)) });
  if (!batch || chance.happens(0.2)) return;
  // Behind its answer the link may lose a post, where somebody asks for receipts.
  if (!receipts || chance.happens(0.8)) {
    const known = receiver.values.get(batch.stream);
    world.repeated += batch.readings.filter(({ sequence }) => known?.has(sequence)).length;
    receiver.take(batch);
  }
  if (chance.happens(0.85)) await spool.acknowledge(batch);
}

async function confirm({ spool }: TestSpool, { receiver }: World): Promise<void> {
  for (const { stream, through } of spool.unconfirmed)
    await spool.confirm({ stream, through, missing: receiver.missing(stream, through) });
}

function outcomeOf({ receiver, promised, taken, repeated }: World, cuts: number): PowerCutOutcome {
  const counts = new Map<unknown, number>();
  for (const values of receiver.values.values())
    for (const value of values.values()) counts.set(value, (counts.get(value) ?? 0) + 1);
  const counted = [...receiver.values.values()].reduce((sum, values) => sum + values.size, 0);
  const lost = [...promised].filter((value) => !counts.has(value)).length;
  const doubled = receiver.contradictions.length + counted - counts.size;
  return { cuts, taken, promised: promised.size, counted, repeated, lost, doubled };
}

/** The boot id of the n-th life. */
function bootOf(life: number): string {
  return `00000000-0000-4000-8000-${String(life).padStart(12, '0')}`;
}
