import type { SpoolOptions } from '../options.ts';
import type { Reading } from '../reading.ts';
import type { MemoryFiles } from './memory-files.ts';
import { openTestSpool, reading, type TestSpool } from './open-spool.ts';
import { EVERYTHING, type Receiver } from './receiver.ts';

/** What somebody outside remembers of a spool's life: what was promised to be durable, and what the cloud has. */
export interface Witness {
  readonly durable: number[];
  readonly receiver: Receiver;
}

/** A story of a small spool, which a test ends at any step. */
export interface Life {
  readonly options: Partial<SpoolOptions>;
  readonly live: (files: MemoryFiles, witness: Witness) => Promise<void>;
  /** Values that were promised and must arrive, whatever is given up. */
  readonly owed: (witness: Witness) => readonly number[];
}

async function append({ spool }: TestSpool, { durable }: Witness, values: number[], change: Partial<Reading> = {}) {
  const fates = values.map((value) => spool.append({ ...reading(value), ...change }).then((fate) => ({ value, fate })));
  await spool.flush();
  for (const { value, fate } of await Promise.all(fates)) if (fate === 'durable') durable.push(value);
}

/** Sends `readings` at most; what the cloud loses is accepted by the link all the same. */
async function send({ spool }: TestSpool, { receiver }: Witness, readings: number, cloud: 'takes' | 'loses') {
  const batch = await spool.read({ ...EVERYTHING, bytes: readings });
  if (!batch) return;
  if (cloud === 'takes') receiver.take(batch);
  await spool.acknowledge(batch);
}

/** Appends, sends and acknowledges over several segments and a restart. */
export const plainLife: Life = {
  options: {},
  owed: ({ durable }) => durable,
  async live(files, witness) {
    const first = await openTestSpool(files);
    await append(first, witness, [101, 102, 103]);
    await send(first, witness, 2, 'takes');
    await append(first, witness, [104, 105, 106, 107]);
    await first.clock.advance(5_000);
    await witness.receiver.drain(first.spool);
    await append(first, witness, [108]);
    await first.spool.close();

    const second = await openTestSpool(files);
    await append(second, witness, [109, 110]);
    witness.receiver.take((await second.spool.read(EVERYTHING))!);
    await second.spool.close();
  },
};

const RECEIPTS: Partial<SpoolOptions> = {
  keepUntilConfirmed: true,
  order: 'live-first',
  liveMs: 5_000,
  segmentBytes: 150,
};

/** A cloud that loses behind the link's back and tells so in receipts; live readings that overtake a backlog. */
export const confirmedLife: Life = {
  options: RECEIPTS,
  owed: ({ durable }) => durable,
  async live(files, witness) {
    const first = await openTestSpool(files, RECEIPTS);
    await append(first, witness, [101, 102, 103, 104]);
    await send(first, witness, 2, 'takes');
    await send(first, witness, 1, 'loses');
    await first.clock.advance(6_000);
    await append(first, witness, [105, 106]);
    await send(first, witness, 2, 'loses');
    const { stream } = first.spool.figures;
    await first.spool.confirm({ stream, through: 6, missing: [[3, 6]] });
    await first.clock.advance(5_000);
    await send(first, witness, 1, 'takes');
    await first.spool.close();

    const second = await openTestSpool(files, RECEIPTS);
    await append(second, witness, [107]);
    await send(second, witness, 9, 'takes');
    await send(second, witness, 9, 'takes');
    await second.spool.confirm({ stream, through: 7, missing: [[5, 6]] });
    await second.clock.advance(5_000);
    await second.spool.close();
  },
};

const THINNING: Partial<SpoolOptions> = { policy: 'thin-out', maxBytes: 900, segmentBytes: 240 };

/**
 * Readings of low priority that are thinned out, some of them once they have a file to themselves, while others are on
 * their way and their answer never comes.
 */
export const thinnedLife: Life = {
  options: THINNING,
  owed: ({ durable }) => durable.filter((value) => value > 500),
  async live(files, witness) {
    const low = { priority: 'low' } as const;
    const first = await openTestSpool(files, THINNING);
    await append(first, witness, [101, 102, 103, 104], low);
    await append(first, witness, [105, 106, 107, 108], low);
    await append(first, witness, [109, 110, 111, 112, 113], low);
    witness.receiver.take((await first.spool.read({ ...EVERYTHING, bytes: 3 }))!);
    await append(first, witness, [114], low); // the second file is thinned out; the first was handed out
    await append(first, witness, [115], low); // the third
    await send(first, witness, 6, 'takes');
    witness.receiver.take((await first.spool.read(EVERYTHING))!);
    await first.spool.close();

    const second = await openTestSpool(files, THINNING);
    await append(second, witness, [116, 117, 118], low);
    await append(second, witness, [501, 502], { priority: 'high' });
    await send(second, witness, 5, 'takes');
    await append(second, witness, [503, 504], { priority: 'high' });
    await second.clock.advance(5_000);
    await second.spool.close();
  },
};

/** A damaged segment is set aside, and the stream after it goes on. */
export const damagedLife: Life = {
  options: { maxBytes: 2_000 },
  owed: ({ durable }) => durable.filter((value) => value > 103),
  async live(files, witness) {
    const first = await openTestSpool(files, { maxBytes: 2_000 });
    await append(first, witness, [101, 102, 103]);
    const segment = files.paths.find((path) => path.endsWith('.segment'))!;
    files.damage(segment, (data) => data.fill(0xa5, 60, 120));
    for (const value of [104, 105, 106, 107]) await append(first, witness, [value]);
    await witness.receiver.drain(first.spool);
    await first.clock.advance(5_000);
    await append(first, witness, [108]);
    await first.spool.close();
  },
};
