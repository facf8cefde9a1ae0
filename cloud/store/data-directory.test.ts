import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { nodeArgsOf } from '@tashika/shared/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from './open.ts';

const silent = { debug() {}, info() {}, warn() {}, error() {} };

describe('the data directory', () => {
  let directory: string;
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'tashika-store-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('survives kill -9: every commit that was answered is there, and the directory is free', async () => {
    for (let life = 1; life <= 2; life++) {
      const written = await writeUntilKilled(directory, 20);
      const store = await openStore(`pglite:${directory}`, { logger: silent });
      const rows = await store.query<{ n: number }>('SELECT n FROM written ORDER BY n');
      expect(rows.map(({ n }) => n)).toEqual(Array.from({ length: rows.length }, (_, index) => index + 1));
      expect(rows.length).toBeGreaterThanOrEqual(written);
      await store.close();
    }
  });

  it('is refused while another store has it', async () => {
    const store = await openStore(`pglite:${directory}`, { logger: silent });
    await expect(openStore(`pglite:${directory}`, { logger: silent })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_IN_USE',
    });
    await store.close();
    await (await openStore(`pglite:${directory}`, { logger: silent })).close();
  });

  it('must be one that can be made', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(openStore(`pglite:${join(file, 'data')}`, { logger: silent })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNWRITABLE',
    });
  });

  it('must be writable', async () => {
    const readOnly = join(directory, 'read-only');
    await mkdir(readOnly, { mode: 0o500 });
    // Permissions do not bind root, the kernel's own file system does.
    const place = process.getuid?.() === 0 ? '/proc/self' : readOnly;
    await expect(openStore(`pglite:${place}`, { logger: silent })).rejects.toMatchObject({
      code: 'DATA_DIRECTORY_UNWRITABLE',
    });
  });
});

/** Runs a writer until it has said `commits` times that it committed, kills it, and answers the last number said. */
async function writeUntilKilled(directory: string, commits: number): Promise<number> {
  const script = nodeArgsOf(new URL('./write-until-killed.ts', import.meta.url));
  const child = spawn(process.execPath, [...script, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => child.once('close', resolve));
  let last = 0;
  let said = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    last = Number(line);
    if (++said === commits) child.kill('SIGKILL');
  }
  await closed;
  return last;
}
