import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { TestClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkSpool } from '../check/spool.ts';
import { type OpenSpool, openSpool } from '../spool/index.ts';
import type { SpoolAction } from './actions.ts';
import { spoolCommand, verifySpool } from './index.ts';

const BOOT = '00000000-0000-4000-8000-000000000001';
const TAKEN_AT = Date.UTC(2026, 10, 22, 3, 0, 0);

let directory: string;
let opened: OpenSpool | undefined;
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'tashika-spool-command-'));
});
afterEach(async () => {
  await opened?.close();
  rmSync(directory, { recursive: true });
});

async function open(): Promise<OpenSpool> {
  opened = await openSpool(directory, {
    ...{ clock: new TestClock(), bootId: BOOT, report: () => undefined, policy: 'drop-oldest' },
    ...{ maxBytes: 1_000_000, segmentBytes: 4_096, fsyncMs: 10, fsyncReadings: 1_000, memoryBytes: 1_000_000 },
  });
  return opened;
}

/** A spool with so many readings, of which the link has taken the first ones. */
async function fill(readings: number, taken = 0): Promise<void> {
  const { spool } = await open();
  for (let n = 1; n <= readings; n++) {
    void spool.append({ name: 'probe/x', unit: 'Cel', value: n, monotonicMs: n, wallMs: TAKEN_AT + n, synced: true });
    if (n % 50 === 0) await spool.flush(); // each of them is written as a whole
  }
  await spool.flush();
  const limit = { bytes: taken, sizeOf: () => 1, together: () => true };
  const batch = taken > 0 ? await spool.read(limit) : undefined;
  if (batch) await spool.acknowledge(batch);
}

async function run(action: SpoolAction, options: { json?: boolean; all?: boolean } = {}) {
  let text = '';
  const stdout = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const { json = false, all = false } = options;
  const clock = { trusted: 'never' as const };
  const code = await spoolCommand(action, { dataDirectory: directory, clock }, { stdout, json, all });
  return { code, text };
}

const segments = () => {
  const [folder] = readdirSync(join(directory, 'spool')).filter((name) => /^\d{6}\./.test(name));
  const path = join(directory, 'spool', folder!);
  return readdirSync(path)
    .filter((name) => name.endsWith('.segment'))
    .sort()
    .map((name) => join(path, name));
};

/** Everything on the disk, to see that nothing was changed. */
const contents = () => segments().map((file) => readFileSync(file).toString('base64'));

describe('tashika-edge spool', () => {
  it('tells beside a working agent what waits, and changes nothing', async () => {
    await fill(300, 100);
    const before = contents();
    const { code, text } = await run('stats');
    expect(code).toBe(0);
    expect(text).toMatch(new RegExp(`; the agent, process ${process.pid}, is at work in it\\.`));
    const { text: verified } = await run('verify', { json: true });
    expect(JSON.parse(verified)).toMatchObject({
      whole: true,
      streams: [{ held: expect.any(Number), last: 300, damaged: [], missing: [], stateReadable: true }],
    });
    expect(contents()).toEqual(before);
  });

  it('leaves a stream of a newer format to the agent that wrote it, and says so', async () => {
    await fill(100);
    await opened?.close();
    const last = segments().at(-1)!;
    const bytes = readFileSync(last);
    bytes.write('TSPOOL2\n', 0, 'latin1');
    bytes.writeUInt32LE(crc32(bytes.subarray(0, 24)), 24);
    writeFileSync(last, bytes);
    const said = /written by a newer agent in format 2; left as it is/;
    expect((await run('stats')).text).toMatch(said);
    const verified = await run('verify');
    expect([verified.code, verified.text]).toEqual([0, expect.stringMatching(said)]);
    expect((await run('export', { all: true })).text).toBe('');
    const [line] = await checkSpool(directory);
    expect(line).toMatchObject({
      verdict: 'warn',
      detail: expect.stringMatching(/^A newer agent wrote stream .* in format 2/),
    });
  });

  it('tells after the agent has stopped what the link has not taken', async () => {
    await fill(300, 100);
    await opened?.close();
    expect((await run('stats', { json: true })).text).toContain('"last":300,"held":200,');
    expect((await run('verify')).text).toMatch(/200 wait for the link\.\n {2}Whole\.\n$/);
    expect((await run('stats')).text).toMatch(
      /no agent is at work in it\.\n.*: \d+ files, .*; 200 wait for the link\.\n$/,
    );
  });

  it('counts what waits since the link failed, which the state knows nothing of', async () => {
    await fill(300);
    expect((await run('stats')).text).toMatch(/numbers up to 300; 300 wait for the link\.\n$/);
    expect((await run('stats', { json: true })).text).toContain('"last":300,"held":300,');
  });

  it('exports what waits, or all that is there, as lines of JSON in the order of their numbers', async () => {
    await fill(300, 90); // the first file is gone; of the second, 40 readings are sent
    await opened?.close();
    const lines = (await run('export')).text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual(Array.from({ length: 210 }, (_, n) => n + 91));
    expect(JSON.parse(lines[0]!)).toEqual({
      ...{ stream: expect.any(String), seq: 91, n: 'probe/x', u: 'Cel', value: 91 },
      ...{ time: new Date(TAKEN_AT + 91).toISOString(), clock: 'synced' },
    });
    const all = (await run('export', { all: true })).text.trimEnd().split('\n');
    expect(all).toHaveLength(250);
  });

  it('names the damaged file, and the numbers that it cost', async () => {
    await fill(300);
    await opened?.close();
    const [, second] = segments();
    const bytes = readFileSync(second!);
    bytes.fill(0, 100, 200);
    writeFileSync(second!, bytes);
    const [report] = await verifySpool(directory);
    expect(report!.damaged).toEqual([{ file: second!.split('/').at(-1), bytes: expect.any(Number) }]);
    expect(report!.missing).toHaveLength(1);
    const [first, last] = report!.missing[0]!;
    expect(report!.readings).toBe(300 - (last - first + 1));
    const { code, text } = await run('verify');
    expect(code).toBe(1);
    expect(text).toContain(`Missing: ${first}–${last}.`);
    expect(text).toContain('There is nothing to repair by hand');
    // What can be read of it is exported all the same.
    expect((await run('export')).text.trimEnd().split('\n')).toHaveLength(report!.readings);
  });

  it('does not take the torn end of a crash for damage', async () => {
    await fill(10);
    await opened?.spool.flush();
    const last = segments().at(-1)!;
    writeFileSync(last, Buffer.concat([readFileSync(last), Buffer.alloc(30, 7)]));
    const [report] = await verifySpool(directory);
    expect(report).toMatchObject({ readings: 10, damaged: [], missing: [], unfinishedBytes: 30 });
    truncateSync(last, statSync(last).size - 30);
  });

  it('says so where there is no spool', async () => {
    expect(await run('verify')).toEqual({
      code: 0,
      text: `${directory} holds no spool; no agent is at work in it.\n`,
    });
    expect(await run('export')).toEqual({ code: 0, text: '' });
  });

  it('reads a large spool piece by piece', async () => {
    await fill(300);
    let largest = 0;
    const stdout = new Writable({
      highWaterMark: 1,
      write(chunk, _encoding, done) {
        largest = Math.max(largest, chunk.length);
        setImmediate(done);
      },
    });
    const clock = { trusted: 'never' as const };
    await spoolCommand('export', { dataDirectory: directory, clock }, { stdout, json: false, all: true });
    expect(largest).toBeLessThan(40_000); // a segment of 4 KiB is some 60 lines; what is written is waited for
  });

  it.each(['stats', 'verify', 'export'] as const)('%s says who may look where this user may not', async (action) => {
    writeFileSync(join(directory, 'spool'), ''); // what can't be read as a folder even by root
    await expect(run(action)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNREADABLE',
      message: expect.stringMatching(/can't be read \(ENOTDIR.+\)\. Run this as the agent's user, or as root\.$/),
    });
  });
});
