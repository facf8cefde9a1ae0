import { describe, expect, it } from 'vitest';
import { MemoryFiles, type PowerCut } from './testing/memory-files.ts';
import { BOOT, NEXT_BOOT, openTestSpool, reading } from './testing/open-spool.ts';
import { EVERYTHING, Receiver } from './testing/receiver.ts';

/** Appends, sends and acknowledges over several segments and a restart; what was promised is noted in `durable`. */
async function live(files: MemoryFiles, durable: number[], receiver: Receiver): Promise<void> {
  const appendAll = async (spool: Awaited<ReturnType<typeof openTestSpool>>['spool'], values: number[]) => {
    const fates = values.map((value) => spool.append(reading(value)).then((fate) => ({ value, fate })));
    await spool.flush();
    for (const { value, fate } of await Promise.all(fates)) if (fate === 'durable') durable.push(value);
  };
  const first = await openTestSpool(files);
  await appendAll(first.spool, [101, 102, 103]);
  const batch = await first.spool.read({ ...EVERYTHING, bytes: 2 });
  receiver.take(batch!);
  await first.spool.acknowledge(batch!);
  await appendAll(first.spool, [104, 105, 106, 107]);
  await first.clock.advance(1_000);
  await receiver.drain(first.spool);
  await appendAll(first.spool, [108]);
  await first.spool.close();

  const second = await openTestSpool(files);
  await appendAll(second.spool, [109, 110]);
  receiver.take((await second.spool.read(EVERYTHING))!);
  await second.spool.close();
}

/** Dies before step `diesAt`, restarts on what is left, and lets the receiver have everything. */
async function dieAndRecover(diesAt: number, leave: (files: MemoryFiles) => MemoryFiles, bootId: string) {
  const files = new MemoryFiles();
  files.diesAt = diesAt;
  const durable: number[] = [];
  const receiver = new Receiver();
  // An agent lives on when its disk fails; a dead one does nothing more.
  const end = await Promise.race([live(files, durable, receiver), files.died]);
  const left = leave(files);
  const { spool, reports } = await openTestSpool(left, { bootId });
  const fates = [901, 902].map((value) => spool.append(reading(value)));
  await spool.flush();
  expect(await Promise.all(fates)).toEqual(['durable', 'durable']);
  await receiver.drain(spool);
  await spool.close();
  const healed = await openTestSpool(left, { bootId });
  expect(healed.reports, `after healing, dying before step ${diesAt}`).toEqual([]);
  return { died: end === 'died', durable, receiver, reports };
}

/** Resolves with how many torn tails were cut. */
async function checkEveryStep(leave: (files: MemoryFiles) => MemoryFiles, bootId: string): Promise<number> {
  let torn = 0;
  let diesAt = 0;
  for (let died = true; died; diesAt++) {
    const outcome = await dieAndRecover(diesAt, leave, bootId);
    const { receiver, durable, reports } = outcome;
    const where = `dying before step ${diesAt}`;
    expect(receiver.contradictions, where).toEqual([]);
    for (const value of [...durable, 901, 902]) expect(receiver.has(value), `${value}, ${where}`).toBe(true);
    for (const stream of receiver.values.keys()) expect(receiver.missing(stream), where).toEqual([]);
    expect([...receiver.lost.values()].flat(), where).toEqual([]);
    // A crash alone never costs the stream.
    for (const report of reports) if (report.kind === 'new-stream') expect(report.why, where).toBe('first');
    torn += reports.filter(({ kind }) => kind === 'torn-tail').length;
    died = outcome.died;
  }
  return torn;
}

describe('a spool whose process ends at any byte', () => {
  it('loses nothing that was durable and uses no number twice, when it is killed', async () => {
    expect(await checkEveryStep((files) => files.afterKill(), BOOT)).toBeGreaterThan(10);
  });

  it.each<PowerCut>(['keeps-none', 'keeps-half', 'keeps-all'])(
    'loses nothing that was durable and uses no number twice, when the power is cut and the disk %s',
    async (cut) => {
      await checkEveryStep((files) => files.afterPowerCut(cut), NEXT_BOOT);
    },
  );
});
