import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { FolderBundles } from './folder.ts';

it('a folder whose disk is away is not taken for one that bundles are gone from', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-bundles-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [folder, elsewhere] = [join(directory, 'bundles'), join(directory, 'elsewhere')];
  const bundles = new FolderBundles(folder, new TestClock(0));
  const content = Buffer.from('a bundle');
  const sha256 = createHash('sha256').update(content).digest('hex');
  await bundles.put({ sha256, bytes: content.length, mostBytes: 100 }, [content] as never);
  await bundles.requireUsed();

  renameSync(folder, elsewhere);
  for (const mountPoint of ['away', 'empty']) {
    if (mountPoint === 'empty') mkdirSync(folder);
    await expect(bundles.requireUsed(), mountPoint).rejects.toMatchObject({ code: 'BUNDLES_UNAVAILABLE' });
  }
  rmSync(folder, { recursive: true });
  renameSync(elsewhere, folder);
  await bundles.requireUsed();
});
