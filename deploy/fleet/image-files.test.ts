import { mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatImageName } from '@tashika/shared/image';
import { describe, expect, it, onTestFinished } from 'vitest';
import { checkBundle, readImages } from './image-files.ts';
import { type BuiltImage, builtFolder, writeBuilt } from './testing/image-files.ts';

async function folder(...images: readonly BuiltImage[]): Promise<string> {
  const directory = await builtFolder(...images);
  onTestFinished(() => rm(directory, { recursive: true }));
  return directory;
}

describe('the images of a folder', () => {
  it('are those that have a record, those that others stand on first', async () => {
    const directory = await folder(
      { kind: 'agent', version: '1.5.0', parent: { kind: 'system', version: '2026.11' } },
      { kind: 'system', version: '2026.11' },
    );
    await writeFile(join(directory, 'notes.json'), '{"kind": "other"}');
    const images = await readImages(directory);
    expect(images.map(({ record }) => formatImageName(record))).toEqual(['system/2026.11', 'agent/1.5.0']);
    expect(JSON.parse(images[1]!.sbom).name).toBe('agent-1.5.0');
  });

  it('may lie in a folder each', async () => {
    const directory = await folder({ version: '1.5.0' });
    await mkdir(join(directory, 'agent-1.6.0'));
    await writeBuilt(join(directory, 'agent-1.6.0'), { version: '1.6.0' });
    const images = await readImages(directory);
    expect(images.map(({ record }) => record.version)).toEqual(['1.5.0', '1.6.0']);
  });

  it('are one where its record is named', async () => {
    const directory = await folder({ version: '1.5.0' }, { version: '1.6.0' });
    const images = await readImages(join(directory, 'agent-1.6.0.json'));
    expect(images.map(({ record }) => record.version)).toEqual(['1.6.0']);
  });
});

describe('what is no image', () => {
  const refused = async (path: string, sentence: RegExp) =>
    expect(await readImages(path).catch((error) => error)).toMatchObject({
      code: 'IMAGE_UNREADABLE',
      message: expect.stringMatching(sentence),
    });

  it('is told by the file that is wrong', async () => {
    const directory = await folder({});
    await refused(join(directory, 'absent'), /neither a folder nor a record/);
    const record = join(directory, 'agent-1.5.0.json');
    const text = await readFile(record, 'utf8');
    await writeFile(record, text.replace('"v":1', '"v":2'));
    await refused(directory, /agent-1\.5\.0\.json is no record of an image of version 1: v /);
    await writeFile(record, text);
    await writeFile(join(directory, 'agent-1.5.0.spdx.json'), '{}');
    await refused(directory, /no package list whose SHA-256/);
    await rm(join(directory, 'tashika-agent-1.5.0.raucb'));
    await refused(directory, /tashika-agent-1\.5\.0\.raucb is not beside its record/);
    await rm(record);
    await refused(directory, /has no record of an image/);
  });

  it('is two records of one version', async () => {
    const directory = await folder({});
    await mkdir(join(directory, 'again'));
    await writeBuilt(join(directory, 'again'), {});
    await refused(directory, /both say that they are agent\/1\.5\.0/);
  });

  it('is a bundle that was copied in part, or has other bytes than its record says', async () => {
    const directory = await folder({});
    const [image] = await readImages(directory);
    await writeFile(image!.bundleFile, Buffer.alloc(300_000, 'x'));
    await expect(checkBundle(image!, () => {})).rejects.toThrow(/has the SHA-256 .*, its record says/);
    await truncate(image!.bundleFile, 1_000);
    await expect(checkBundle(image!, () => {})).rejects.toThrow(/has 1000 bytes, its record says 300000/);
  });
});
