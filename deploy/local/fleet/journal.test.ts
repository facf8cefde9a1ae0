import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { smallDisk } from '../line-file/testing/small-disk.ts';
import { Journal } from './journal.ts';

const TWO = [
  { n: 'temp', v: 20 },
  { n: 'hum', v: 50 },
];

describe('the journal', () => {
  let directory: string;
  const open: Journal[] = [];
  const journal = (compactAfterBytes?: number) => {
    const opened = new Journal(directory, undefined, compactAfterBytes);
    open.push(opened);
    return opened;
  };
  const file = () => join(directory, 'fleet.journal');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tashika-journal-'));
  });

  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is the same to the next run, wherever it was compacted and torn', () => {
    const first = journal(200); // compacts every few lines
    for (let round = 0; round < 20; round++) {
      for (const device of [0, 1]) expect(first.hold(device, round, TWO)).toBe(true);
      if (round % 2 === 0) first.release(0);
    }
    const before = [0, 1].map((device) => structuredClone(first.device(device)));
    first.close();
    expect(before.map(({ next, held }) => [next, held.length])).toEqual([
      [41, 10],
      [41, 20],
    ]);
    writeFileSync(file(), '{"d":0,"post":{"seq":41', { flag: 'a' });
    const second = journal();
    expect([0, 1].map((device) => second.device(device))).toEqual(before);
  });

  it('gives no number twice when a disk was full for a while, and tells how each write went', () => {
    const disk = smallDisk();
    onTestFinished(() => disk.remove());
    const writes: boolean[] = [];
    const first = new Journal(disk.directory, (failure) => writes.push(failure === undefined));
    expect(first.hold(0, 1, TWO)).toBe(true);
    disk.fill();
    const long = [{ n: 'log', vs: 'x'.repeat(9_000) }];
    expect(first.hold(0, 2, long)).toBe(false);
    expect(first.hold(7, 2, long)).toBe(false);
    expect(first.device(0)).toMatchObject({ next: 3, held: [{ seq: 1 }] });
    disk.free();
    expect(first.hold(0, 3, TWO)).toBe(true);
    expect(first.hold(7, 3, TWO)).toBe(true);
    expect(writes).toEqual([true, false, false, true, true]);
    first.close();
    const second = new Journal(disk.directory);
    expect(second.device(0)).toEqual(first.device(0));
    expect(second.device(0).held.map(({ seq }) => seq)).toEqual([1, 3]);
    expect(second.device(7)).toEqual(first.device(7));
    second.close();
  });

  it('posts again what it could not note as taken, until it can', () => {
    const first = journal();
    for (const at of [1, 2, 3]) first.hold(0, at, TWO);
    const before = readFileSync(file());
    first.release(0);
    writeFileSync(file(), before); // as if there had been no room for it
    first.release(0);
    first.close();
    expect(
      journal()
        .device(0)
        .held.map(({ seq }) => seq),
    ).toEqual([5]);
  });

  it('goes on with the old file where there is no room to write it anew', () => {
    const disk = smallDisk();
    onTestFinished(() => disk.remove());
    const first = new Journal(disk.directory);
    for (let at = 0; at < 30; at++) first.hold(0, at, TWO);
    disk.fill();
    first.close();
    const second = new Journal(disk.directory);
    expect(second.device(0)).toEqual(first.device(0));
    disk.free();
    expect(second.hold(0, 30, TWO)).toBe(true);
    second.close();
    const third = new Journal(disk.directory);
    expect(third.device(0)).toEqual(second.device(0));
    third.close();
  });
});
