import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDataDirectory } from './data-directory.ts';
import { identityOf, isAlive } from './process-identity.ts';

describe('the data directory', () => {
  let directory: string;
  let note: string;
  const take = (path = directory) => openDataDirectory(path, systemClock, () => {});
  const run = (content: string) => writeFileSync(note, content);

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tashika-data-'));
    note = join(directory, 'run.json');
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is made, and free again when it is released', async () => {
    const path = join(directory, 'a/b');
    await (await take(path)).release();
    await (await take(path)).release();
    expect(existsSync(join(path, 'run.json'))).toBe(false);
  });

  it('is refused to a second run', async () => {
    await take();
    await expect(take()).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining('TASHIKA_DATA'),
    });
  });

  it('is refused to a second run at any moment of the first, also while it writes its note', async () => {
    await take();
    run('');
    await expect(take()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
    expect(readFileSync(note, 'utf8')).toBe('');
  });

  it('is given to one of many runs that start at once', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 5 }, () => take()));
    expect(starts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it('is taken over from a run that was killed, once its parts have ended', async () => {
    const part = spawn('sleep', ['600']);
    run(JSON.stringify({ parts: [identityOf(part.pid!), { ...identityOf(process.pid), began: 'long ago' }] }));
    const said: string[] = [];
    const taken = openDataDirectory(directory, systemClock, (line) => {
      said.push(line);
      part.kill(); // it drains, and ends
    });
    await expect(taken).resolves.toMatchObject({ path: directory });
    expect(said).toEqual([expect.stringContaining('Waiting for the parts of the last run')]);
  });

  it('is taken over where the note was torn', async () => {
    run('{"parts":');
    await expect(take()).resolves.toBeDefined();
  });

  it('notes the processes that belong to the run, and keeps the note before where a new one cannot be written', async () => {
    const data = await take();
    data.note([process.pid]);
    const { parts } = JSON.parse(readFileSync(note, 'utf8'));
    expect(parts).toEqual([identityOf(process.pid)]);
    expect(parts.every(isAlive)).toBe(true);
    mkdirSync(`${note}.new`);
    expect(() => data.note([])).toThrow('EISDIR');
    expect(JSON.parse(readFileSync(note, 'utf8'))).toEqual({ parts });
  });

  it.each([
    ['a path that cannot be made', '/proc/tashika'],
    ['a file', process.execPath],
  ])('is refused when it is %s', async (_name, path) => {
    await expect(take(path)).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNWRITABLE',
      message: expect.stringContaining(path),
    });
  });
});
