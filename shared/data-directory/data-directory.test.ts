import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { directoryError, takeDataDirectory } from './index.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-lock-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const IN_USE = expect.objectContaining({ code: 'DATA_DIRECTORY_IN_USE' });

describe('taking a data directory', () => {
  it('admits one process at a time', async () => {
    const first = await takeDataDirectory(directory);
    await expect(takeDataDirectory(directory)).rejects.toThrow(`${directory} is in use by process ${process.pid}.`);
    await first.release();
    await (await takeDataDirectory(directory)).release();
  });

  it('does not outlive a killed process', async () => {
    const script = `require('node:net').createServer().listen(${JSON.stringify(join(directory, 'lock'))}, () => console.log('locked'))`;
    const holder = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    await once(holder.stdout, 'data');
    await expect(takeDataDirectory(directory)).rejects.toEqual(IN_USE);
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    await (await takeDataDirectory(directory)).release();
  });

  it('admits one of many that come at once after a crash', async () => {
    const dead = spawn(process.execPath, [
      '-e',
      `require('node:net').createServer().listen(${JSON.stringify(join(directory, 'lock'))}, () => process.kill(process.pid, 'SIGKILL'))`,
    ]);
    await once(dead, 'exit');
    const attempts = await Promise.allSettled(Array.from({ length: 5 }, () => takeDataDirectory(directory)));
    const taken = attempts.filter((attempt) => attempt.status === 'fulfilled');
    expect(taken).toHaveLength(1);
    await taken[0]?.value.release();
  });

  it('takes over from a file that is no lock', async () => {
    await writeFile(join(directory, 'lock'), 'rubbish');
    await (await takeDataDirectory(directory)).release();
  });

  it('works in a directory whose path is longer than a socket may have', async () => {
    const long = join(directory, 'x'.repeat(120), 'y'.repeat(60));
    const first = await takeDataDirectory(long);
    await expect(takeDataDirectory(long)).rejects.toEqual(IN_USE);
    await first.release();
  });

  it('says when the directory is none', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await expect(takeDataDirectory(file)).rejects.toEqual(
      expect.objectContaining({ code: 'DATA_DIRECTORY_UNWRITABLE' }),
    );
  });

  it('says where none can be made, and does not hang', async () => {
    await writeFile(join(directory, 'file'), '');
    const below = [join(directory, 'file', 'a', 'b'), ...(existsSync('/proc/self') ? ['/proc/tashika/a'] : [])];
    for (const path of below)
      await expect(takeDataDirectory(path)).rejects.toEqual(
        expect.objectContaining({ code: 'DATA_DIRECTORY_UNWRITABLE' }),
      );
  });
});

it.each([
  ['ENOSPC', 'DISK_FULL', 'There is no room in the data directory /data (why). Free some space on its disk.'],
  ['EROFS', 'DISK_READ_ONLY', expect.stringMatching(/ \/data \(why\)\. It is mounted read-only: /)],
  ['EACCES', 'DATA_DIRECTORY_UNWRITABLE', expect.stringMatching(/ \/data \(why\)\. Make it writable for the user/)],
])("says what the system's %s means for the data directory, and what to do", (system, code, message) => {
  const error = Object.assign(new Error('why'), { code: system });
  expect(directoryError('/data', error)).toMatchObject({ code, message, cause: error });
});
