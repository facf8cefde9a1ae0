import { mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LineFile } from './index.ts';

describe('a file of lines', () => {
  let directory: string;
  let path: string;
  const text = () => readFileSync(path, 'utf8');

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tashika-lines-'));
    path = join(directory, 'lines');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  /** A disk with room for `room` more bytes, which writes at most `chunk` of them at a time. */
  const disk = (room: number, chunk: number) => {
    const disk = { room, write: writeSync };
    disk.write = ((descriptor: number, bytes: Buffer, offset: number) => {
      const length = Math.min(chunk, disk.room, bytes.length - offset);
      if (length === 0) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      disk.room -= length;
      return writeSync(descriptor, bytes, offset, length);
    }) as typeof writeSync;
    return disk;
  };

  it('writes on where a write was short', () => {
    const file = new LineFile(path, disk(100, 3).write);
    file.append('one line', 'and another');
    file.close();
    expect(text()).toBe('one line\nand another\n');
  });

  it('keeps whole lines alone when the disk runs full, and goes on when there is room', () => {
    const small = disk(12, 100);
    const file = new LineFile(path, small.write);
    file.append('first');
    expect(() => file.append('no', 'room for it')).toThrow('ENOSPC');
    expect(text()).toBe('first\n');
    small.room = 100;
    file.append('second');
    expect(text()).toBe('first\nsecond\n');
    expect(file.bytes).toBe(text().length);
    file.close();
  });

  it('goes on after the last whole line of a run that was killed', () => {
    writeFileSync(path, 'whole\nto');
    const file = new LineFile(path);
    file.append('next');
    file.close();
    expect(text()).toBe('whole\nnext\n');
  });
});
