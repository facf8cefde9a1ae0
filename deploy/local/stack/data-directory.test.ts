import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takeDataDirectory } from './data-directory.ts';
import { identityOf, isAlive } from './process-identity.ts';

describe('the data directory', () => {
  let directory: string;
  const take = (path = directory) => takeDataDirectory(path, systemClock, () => {});
  const run = (content: object) => writeFileSync(join(directory, 'run.json'), JSON.stringify(content));

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tashika-data-'));
  });

  afterEach(() => rmSync(directory, { recursive: true, force: true }));

  it('is made, and free again when it is released', async () => {
    const path = join(directory, 'a/b');
    (await take(path)).release();
    (await take(path)).release();
    expect(existsSync(join(path, 'run.json'))).toBe(false);
  });

  it('is refused to a second run', async () => {
    await take();
    await expect(take()).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
      message: expect.stringContaining('TASHIKA_DATA'),
    });
  });

  it('is taken over from a run that was killed, even when its number belongs to another process now', async () => {
    run({ main: { ...identityOf(process.pid), began: 'long ago' }, parts: [] });
    await expect(take()).resolves.toMatchObject({ path: directory });
  });

  it('is taken over from a note that was torn', async () => {
    writeFileSync(join(directory, 'run.json'), '{"main":');
    await expect(take()).resolves.toBeDefined();
  });

  it('notes the processes that belong to the run', async () => {
    (await take()).note([process.pid]);
    const { main, parts } = JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8'));
    expect(parts).toEqual([main]);
    expect(isAlive(main)).toBe(true);
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
