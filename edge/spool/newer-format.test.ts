import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { SLOT_BYTES } from './stream-state.ts';
import { MemoryFiles } from './testing/memory-files.ts';
import { openTestSpool, reading } from './testing/open-spool.ts';
import { Receiver } from './testing/receiver.ts';

/** A file of a newer agent: what this one wrote, framed as ever, with a version and words that it does not know. */
async function writtenByNewer(files: MemoryFiles, folder: string): Promise<void> {
  const state = await files.open(`${folder}/state`);
  for (const start of [0, SLOT_BYTES]) {
    const slot = Buffer.from(await state.read(start, SLOT_BYTES));
    const length = slot.readUInt32LE(0);
    if (length === 0) continue;
    const contents = JSON.parse(slot.toString('utf8', 8, 8 + length));
    const json = Buffer.from(JSON.stringify({ ...contents, v: 3, done: { readings: 'otherwise' }, kept: contents }));
    const framed = Buffer.alloc(8);
    framed.writeUInt32LE(json.length, 0);
    framed.writeUInt32LE(crc32(json), 4);
    await state.write(start, Buffer.concat([framed, json]));
  }
  await state.close();
}

/** The newer agent's work on the same file, when it is installed again. */
async function takenUpByNewer(files: MemoryFiles, folder: string): Promise<void> {
  const state = await files.open(`${folder}/state`);
  for (const start of [0, SLOT_BYTES]) {
    const slot = Buffer.from(await state.read(start, SLOT_BYTES));
    const length = slot.readUInt32LE(0);
    if (length === 0) continue;
    const json = Buffer.from(JSON.stringify(JSON.parse(slot.toString('utf8', 8, 8 + length)).kept));
    const framed = Buffer.alloc(8);
    framed.writeUInt32LE(json.length, 0);
    framed.writeUInt32LE(crc32(json), 4);
    await state.write(start, Buffer.concat([framed, json]));
  }
  await state.close();
}

/** Names the newest segment's format, as its header's frame allows. */
async function segmentOfFormat(files: MemoryFiles, folder: string, format: number): Promise<void> {
  const names = (await files.list(folder)).map(({ name }) => name).filter((name) => name.endsWith('.segment'));
  const segment = await files.open(`${folder}/${names.sort().at(-1)}`);
  const header = Buffer.from(await segment.read(0, 28));
  header.write(`TSPOOL${format}\n`, 0, 'latin1');
  header.writeUInt32LE(crc32(header.subarray(0, 24)), 24);
  await segment.write(0, header);
  await segment.close();
}

async function folders(files: MemoryFiles): Promise<string[]> {
  const entries = await files.list('.');
  return entries
    .filter(({ name, isFolder }) => isFolder && /^\d{6}\./.test(name))
    .map(({ name }) => name)
    .sort();
}

async function bytesIn(files: MemoryFiles, folder: string): Promise<Record<string, string>> {
  const bytes: Record<string, string> = {};
  for (const entry of await files.list(folder)) {
    const file = await files.open(`${folder}/${entry.name}`);
    bytes[entry.name] = Buffer.from(await file.read(0, entry.bytes)).toString('base64');
    await file.close();
  }
  return bytes;
}

async function taking(files: MemoryFiles, ...values: readonly number[]) {
  const opened = await openTestSpool(files);
  for (const value of values) void opened.spool.append(reading(value));
  await opened.spool.flush();
  return opened;
}

describe('a spool that a newer agent wrote in', () => {
  it.each([
    ['its state', writtenByNewer],
    ['a segment', (files: MemoryFiles, folder: string) => segmentOfFormat(files, folder, 2)],
  ])('is left byte for byte where %s tells a newer format, and a new stream begins', async (_what, write) => {
    const files = new MemoryFiles();
    const first = await taking(files, 1, 2, 3);
    const { stream } = first.spool.figures;
    await first.spool.close();
    const [folder] = await folders(files);
    await write(files, folder!);
    const before = await bytesIn(files, folder!);

    const older = await taking(files, 4, 5);
    expect(older.reports.map((report) => ('why' in report ? [report.kind, report.why] : report.kind))).toEqual([
      'newer-left',
      ['new-stream', 'newer-format'],
    ]);
    expect(older.spool.figures).toMatchObject({
      held: 2,
      lost: 0,
      newer: [{ stream, folder, format: expect.any(Number) }],
    });
    expect(older.spool.figures.stream).not.toBe(stream);
    await new Receiver().drain(older.spool);
    await older.spool.close();
    expect(await bytesIn(files, folder!)).toEqual(before);

    // The next start goes on with its own stream, and still leaves the other.
    const again = await taking(files, 6);
    expect(again.spool.figures.stream).toBe(older.spool.figures.stream);
    expect(again.reports.map(({ kind }) => kind)).toEqual(['newer-left']);
    await again.spool.close();
    expect(await bytesIn(files, folder!)).toEqual(before);
  });

  it('is taken up again by the newer agent: every reading of both is sent once, under its own number', async () => {
    const files = new MemoryFiles();
    const first = await taking(files, 1, 2, 3);
    await first.spool.close();
    const [folder] = await folders(files);
    await writtenByNewer(files, folder!);
    const older = await taking(files, 4, 5);
    await older.spool.close();

    await takenUpByNewer(files, folder!);
    const back = await taking(files, 6);
    expect(back.reports).toEqual([]);
    const receiver = new Receiver();
    await receiver.drain(back.spool);
    const sent = [...receiver.values].map(([stream, values]) => [stream, [...values.entries()]]);
    expect(sent).toEqual([
      [
        first.spool.figures.stream,
        [
          [1, 1],
          [2, 2],
          [3, 3],
        ],
      ],
      [
        older.spool.figures.stream,
        [
          [1, 4],
          [2, 5],
          [3, 6],
        ],
      ],
    ]);
  });

  it('is told from a damaged one: rubbish in the place of the version is damage, as before', async () => {
    const files = new MemoryFiles();
    const { spool } = await taking(files, 1);
    await spool.close();
    const [folder] = await folders(files);
    const state = await files.open(`${folder}/state`);
    await state.write(0, Buffer.alloc(2 * SLOT_BYTES, 7));
    await state.close();
    const { reports } = await openTestSpool(files);
    expect(reports).toContainEqual(expect.objectContaining({ kind: 'new-stream', why: 'state-corrupt' }));
  });
});
