import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskFiles } from './disk-files.ts';
import { openTestSpool, reading } from './testing/open-spool.ts';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tashika-files-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('the files of a folder', () => {
  it('are listed with their sizes, those behind symbolic links too', async () => {
    await writeFile(join(root, 'a'), 'four');
    await mkdir(join(root, 'b'));
    await symlink('a', join(root, 'c'));
    expect([...(await diskFiles(root).list('.'))].sort((x, y) => (x.name < y.name ? -1 : 1))).toEqual([
      { name: 'a', isFolder: false, bytes: 4 },
      { name: 'b', isFolder: true, bytes: 0 },
      { name: 'c', isFolder: false, bytes: 4 },
    ]);
  });

  it('are none where there is no folder', async () => {
    expect(await diskFiles(root).list('none')).toEqual([]);
  });

  it('are all listed but a symbolic link that leads nowhere', async () => {
    await writeFile(join(root, 'a'), 'four');
    await symlink('/nowhere', join(root, 'x'));
    expect(await diskFiles(root).list('.')).toEqual([{ name: 'a', isFolder: false, bytes: 4 }]);
  });

  it('keep their readings beside a symbolic link that leads nowhere', async () => {
    const { spool } = await openTestSpool(diskFiles(root));
    void spool.append(reading(1));
    await spool.close();
    await symlink('/nowhere', join(root, 'x'));
    const { spool: again, reports } = await openTestSpool(diskFiles(root));
    expect([again.figures.held, reports]).toEqual([1, []]);
    await again.close();
  });
});
