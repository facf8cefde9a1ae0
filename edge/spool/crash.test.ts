import { describe, expect, it } from 'vitest';
import { confirmedLife, damagedLife, type Life, plainLife, thinnedLife, type Witness } from './testing/lives.ts';
import { MemoryFiles, type PowerCut } from './testing/memory-files.ts';
import { BOOT, NEXT_BOOT, openTestSpool, reading } from './testing/open-spool.ts';
import { Receiver } from './testing/receiver.ts';

/** A life that ends before a step, and what is remembered of it; whether it came to its own end instead. */
async function liveUntil(life: Life, diesAt: number) {
  const files = new MemoryFiles();
  files.diesAt = diesAt;
  const witness: Witness = { durable: [], receiver: new Receiver() };
  // An agent lives on when its disk fails; a dead one does nothing more.
  const end = await Promise.race([life.live(files, witness), files.died]);
  return { files, witness, died: end === 'died' };
}

/** Restarts on what a life left, lets the receiver have everything, and holds both against what was promised. */
async function recover(
  life: Life,
  { durable, receiver: before }: Witness,
  left: MemoryFiles,
  bootId: string,
  where: string,
) {
  const receiver = before.copy();
  const { spool, reports } = await openTestSpool(left, { ...life.options, bootId });
  const fates = [901, 902].map((value) => spool.append({ ...reading(value), priority: 'high' }));
  await spool.flush();
  expect(await Promise.all(fates), where).toEqual(['durable', 'durable']);
  await receiver.settle(spool);
  await spool.close();

  expect(receiver.contradictions, where).toEqual([]);
  const witness = { durable, receiver };
  for (const value of [...life.owed(witness), 901, 902]) expect(receiver.has(value), `${value}, ${where}`).toBe(true);
  for (const stream of receiver.values.keys()) expect(receiver.missing(stream), where).toEqual([]);
  // A crash alone never costs the stream.
  for (const report of reports) if (report.kind === 'new-stream') expect(report.why, where).toBe('first');
  return { receiver, reports, left };
}

/** Ends a life before every `stride`th step; resolves with how many torn tails were cut. */
async function endEverywhere(
  life: Life,
  leave: (files: MemoryFiles) => MemoryFiles,
  bootId: string,
  stride = 1,
): Promise<number> {
  let torn = 0;
  let diesAt = 0;
  for (let dies = true; dies; diesAt += stride) {
    const where = `dying before step ${diesAt}`;
    const { files, witness, died } = await liveUntil(life, diesAt);
    const { reports, left } = await recover(life, witness, leave(files), bootId, where);
    torn += reports.filter(({ kind }) => kind === 'torn-tail').length;
    const healed = await openTestSpool(left, { ...life.options, bootId });
    expect(healed.reports, `after healing, ${where}`).toEqual([]);
    dies = died;
  }
  return torn;
}

const CUTS: readonly PowerCut[] = ['keeps-none', 'keeps-half', 'keeps-all'];

describe('a spool whose process ends at any byte', () => {
  it('loses nothing that was durable and uses no number twice, when it is killed', async () => {
    expect(await endEverywhere(plainLife, (files) => files.afterKill(), BOOT)).toBeGreaterThan(10);
  });

  it.each(CUTS)(
    'loses nothing that was durable and uses no number twice, when the power is cut and the disk %s',
    async (cut) => {
      await endEverywhere(plainLife, (files) => files.afterPowerCut(cut), NEXT_BOOT);
    },
  );
});

/** So few changes are tried in every combination; more of them one by one, and in some mixtures. */
const EXHAUSTIVE = 6;

/** Which of so many changes reach the disk: every combination, or where those are too many a spread of them. */
function combinations(changes: number): ((index: number) => boolean)[] {
  if (changes <= EXHAUSTIVE)
    return Array.from({ length: 2 ** changes }, (_, bits) => (index) => ((bits >> index) & 1) === 1);
  const each = Array.from({ length: changes }, (_, index) => index);
  return [
    () => false,
    () => true,
    ...each.map((only) => (index: number) => index === only),
    ...each.map((but) => (index: number) => index !== but),
    (index) => index % 2 === 0,
    (index) => index % 2 === 1,
  ];
}

/** Cuts the power before and in the middle of every operation of a life, and tries what may have reached the disk. */
async function cutEverywhere(life: Life): Promise<number> {
  const whole = await liveUntil(life, Number.POSITIVE_INFINITY);
  const { operations, steps } = whole.files;
  const moments = operations.flatMap((step, index) => {
    const next = operations[index + 1] ?? steps;
    return next - step > 1 ? [step, step + Math.ceil((next - step) / 2)] : [step];
  });
  let tried = 0;
  for (const diesAt of [...moments, steps]) {
    const { files, witness } = await liveUntil(life, diesAt);
    for (const keeps of combinations(files.unsynced)) {
      const kept = Array.from({ length: files.unsynced }, (_, index) => (keeps(index) ? 1 : 0)).join('');
      await recover(
        life,
        witness,
        files.afterReordering(keeps),
        NEXT_BOOT,
        `cut before step ${diesAt}, keeping ${kept}`,
      );
      tried++;
    }
  }
  return tried;
}

const LIVES: readonly (readonly [string, Life])[] = [
  ['that is sent and acknowledged', plainLife],
  ['that is kept until it is confirmed, and read live first', confirmedLife],
  ['that is thinned out', thinnedLife],
  ['of which a segment is set aside', damagedLife],
];

describe('a spool on a disk that writes in any order what was not synced', () => {
  it.each(LIVES)('loses nothing that was durable and uses no number twice: one %s', async (_name, life) => {
    expect(await cutEverywhere(life)).toBeGreaterThan(150);
  });
});

describe('a spool whose process is killed', () => {
  it.each(LIVES.slice(1))('loses nothing that was durable and uses no number twice: one %s', async (_name, life) => {
    await endEverywhere(life, (files) => files.afterKill(), BOOT, 7);
  });
});
