import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import {
  BlobServiceClient,
  ContainerSASPermissions,
  generateBlobSASQueryParameters,
  StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { seededChance } from '@tashika/shared/chance';
import { nodeArgsOf } from '@tashika/shared/testing';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AzureBlobBundles } from './azure-blob.ts';
import { type BundleStore, openBundles } from './index.ts';
import { type Azurite, startAzurite } from './testing/azurite.ts';

const MOST = 10_000_000;
const BLOCK_BYTES = 65_536;

let azurite: Azurite;
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tashika-bundles-'));
  azurite = await startAzurite();
});
afterAll(async () => {
  await azurite.stop();
  await rm(directory, { recursive: true, force: true });
});

const STORES = {
  folder: () => openBundles(`folder:${directory}/made/for/it`, systemClock),
  container: async () => new AzureBlobBundles(azurite.connectionString, { blockBytes: BLOCK_BYTES }),
} as const satisfies Record<string, () => Promise<BundleStore>>;

/** Bytes that nothing else has: the same for the same seed. */
function bytesOf(seed: number, length: number): Buffer {
  const chance = seededChance(seed);
  return Buffer.from(Array.from({ length }, () => Math.floor(chance.next() * 256)));
}

function expectedOf(content: Buffer) {
  return { sha256: createHash('sha256').update(content).digest('hex'), bytes: content.length, mostBytes: MOST };
}

async function* inParts(content: Buffer, partBytes = 40_000): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += partBytes) yield content.subarray(at, at + partBytes);
}

async function namesIn(bundles: BundleStore): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const { sha256 } of bundles.list()) names.push(sha256);
  return names.sort();
}

describe.each(Object.entries(STORES))('bundles in a %s', (_name, open) => {
  it('come back as they were put, whole and in ranges', async () => {
    const bundles = await open();
    const content = bytesOf(1, 3 * BLOCK_BYTES + 17);
    const expected = expectedOf(content);
    expect(await bundles.size(expected.sha256)).toBeUndefined();
    expect(await bundles.put(expected, inParts(content))).toBe('stored');
    expect(await bundles.size(expected.sha256)).toBe(content.length);
    expect((await buffer(await bundles.read(expected.sha256))).equals(content)).toBe(true);
    for (const [first, last] of [
      [0, 0],
      [BLOCK_BYTES - 1, BLOCK_BYTES],
      [content.length - 1, content.length - 1],
    ] as const)
      expect(await buffer(await bundles.read(expected.sha256, { first, last }))).toEqual(
        content.subarray(first, last + 1),
      );
  });

  it('are not read a second time where they are there', async () => {
    const bundles = await open();
    const content = bytesOf(2, 100);
    await bundles.put(expectedOf(content), inParts(content));
    // biome-ignore lint/correctness/useYield: it fails before it could
    const untouched = (async function* (): AsyncGenerator<Buffer> {
      throw new Error('It was read.');
    })();
    expect(await bundles.put(expectedOf(content), untouched)).toBe('there');
  });

  it.each([
    ['another hash', (content: Buffer) => Buffer.concat([content.subarray(1), Buffer.of(1)]), 'BUNDLE_DIFFERS'],
    ['less than announced', (content: Buffer) => content.subarray(1), 'BUNDLE_DIFFERS'],
    ['more than announced', (content: Buffer) => Buffer.concat([content, content]), 'BUNDLE_DIFFERS'],
    ['nothing', () => Buffer.alloc(0), 'BUNDLE_DIFFERS'],
  ])('keep nothing of what has %s', async (_what, changed, code) => {
    const bundles = await open();
    const content = bytesOf(3, 2 * BLOCK_BYTES);
    const before = await namesIn(bundles);
    const put = bundles.put(expectedOf(content), inParts(changed(content)));
    await expect(put).rejects.toMatchObject({ code });
    expect(await namesIn(bundles)).toEqual(before);
    expect(await bundles.put(expectedOf(content), inParts(content))).toBe('stored');
    await bundles.remove(expectedOf(content).sha256);
  });

  it('keep nothing beyond the bound, whether or not it was announced, and do not read on', async () => {
    const bundles = await open();
    let read = 0;
    async function* endless(): AsyncGenerator<Buffer> {
      for (;;) {
        read += 1000;
        yield Buffer.alloc(1000);
      }
    }
    const sha256 = '0'.repeat(64);
    await expect(bundles.put({ sha256, mostBytes: 5000 }, endless())).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(read).toBe(6000);
    const announced = bundles.put({ sha256, bytes: 5001, mostBytes: 5000 }, endless());
    await expect(announced).rejects.toMatchObject({ code: 'BODY_TOO_LARGE' });
    expect(read).toBe(6000);
    expect(await bundles.size(sha256)).toBeUndefined();
  });

  it('keep nothing of a sender who goes away in the middle, and tell why', async () => {
    const bundles = await open();
    const content = bytesOf(4, 3 * BLOCK_BYTES);
    async function* broken(): AsyncGenerator<Buffer> {
      yield content.subarray(0, 2 * BLOCK_BYTES);
      throw new Error('gone');
    }
    await expect(bundles.put(expectedOf(content), broken())).rejects.toThrow('gone');
    expect(await bundles.size(expectedOf(content).sha256)).toBeUndefined();
  });

  it('are put once by two who send them at the same time', async () => {
    const bundles = await open();
    const content = bytesOf(5, 2 * BLOCK_BYTES);
    const puts = await Promise.all([1, 2].map(() => bundles.put(expectedOf(content), inParts(content))));
    expect(puts).toContain('stored');
    expect((await buffer(await bundles.read(expectedOf(content).sha256))).equals(content)).toBe(true);
  });

  it('go when they are removed, and stay where they were stored later than said', async () => {
    const bundles = await open();
    const content = bytesOf(6, 100);
    const { sha256 } = expectedOf(content);
    await bundles.put(expectedOf(content), inParts(content));
    await bundles.remove(sha256, systemClock.now() - 3_600_000);
    expect(await bundles.keep(sha256)).toBe(true);
    await bundles.remove(sha256);
    expect(await bundles.keep(sha256)).toBe(false);
    await bundles.remove(sha256);
    await expect(bundles.read(sha256)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('take no name that leads elsewhere', async () => {
    const bundles = await open();
    for (const name of ['../../etc/passwd', '', 'incoming', 'A'.repeat(64)]) {
      await expect(bundles.size(name)).rejects.toMatchObject({ code: 'NOT_FOUND' });
      await expect(bundles.put({ sha256: name, mostBytes: 1 }, inParts(Buffer.alloc(0)))).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });
});

it.each([
  ['folder', () => `folder:${directory}/killed`],
  ['container', () => `azure-blob:${azurite.connectionString}`],
])('a put into a %s leaves nothing that has a name when its process is killed', async (_name, settingOf) => {
  const setting = settingOf();
  const script = nodeArgsOf(new URL('./testing/upload-until-killed.ts', import.meta.url));
  const content = Buffer.alloc(30 * 65_536);
  const { sha256 } = expectedOf(content);
  const child = spawn(process.execPath, [...script, setting, sha256], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
  const bundles = await openBundles(setting, systemClock);
  expect(await bundles.size(sha256)).toBeUndefined();
  expect(await namesIn(bundles)).not.toContain(sha256);
  expect(await bundles.put(expectedOf(content), inParts(content, 1_000_000))).toBe('stored');
});

describe('a folder', () => {
  it('forgets what killed uploads left, once it is old', async () => {
    const place = join(directory, 'swept');
    const bundles = await openBundles(`folder:${place}`, systemClock);
    await mkdir(join(place, 'incoming'), { recursive: true });
    await writeFile(join(place, 'incoming', 'old'), 'a part');
    await utimes(join(place, 'incoming', 'old'), new Date(0), new Date(0));
    await writeFile(join(place, 'incoming', 'new'), 'a part');
    await bundles.sweep(systemClock.now() - 3_600_000);
    expect(await readdir(join(place, 'incoming'))).toEqual(['new']);
  });

  it('says which it is where it can not be used', async () => {
    const file = join(directory, 'a-file');
    await writeFile(file, '');
    const bundles = await openBundles(`folder:${file}`, systemClock);
    for (const attempt of [
      bundles.put({ sha256: '0'.repeat(64), mostBytes: 1 }, inParts(Buffer.alloc(0))),
      bundles.size('0'.repeat(64)),
      namesIn(bundles),
    ])
      await expect(attempt).rejects.toMatchObject({
        code: 'BUNDLES_UNAVAILABLE',
        message: expect.stringContaining(file),
      });
  });
});

it('a bundle that is a directory is told as what it is, not as a fault of the program', async () => {
  const place = join(directory, 'odd');
  await mkdir(join(place, '0'.repeat(64)), { recursive: true });
  const bundles = await openBundles(`folder:${place}`, systemClock);
  const content = await bundles.read('0'.repeat(64));
  await expect(buffer(content)).rejects.toMatchObject({ code: 'BUNDLES_UNAVAILABLE' });
});

describe('a container', () => {
  it('is written and read by a SAS of its own', async () => {
    const credential = new StorageSharedKeyCredential(azurite.account, azurite.key);
    const container = new BlobServiceClient(azurite.url, credential).getContainerClient('by-sas');
    await container.create();
    const sas = generateBlobSASQueryParameters(
      {
        containerName: 'by-sas',
        permissions: ContainerSASPermissions.parse('rcwdl'),
        expiresOn: new Date(systemClock.now() + 3_600_000),
      },
      credential,
    );
    const bundles = await openBundles(`azure-blob:${container.url}?${sas}`, systemClock);
    const content = bytesOf(7, 1000);
    expect(await bundles.put(expectedOf(content), inParts(content))).toBe('stored');
    expect(await bundles.put(expectedOf(content), inParts(content))).toBe('there');
    expect(await namesIn(bundles)).toEqual([expectedOf(content).sha256]);
    expect(bundles.place).not.toContain('sig');
  });

  it('that was deleted, or is another, is not taken for one that bundles are gone from', async () => {
    const container = BlobServiceClient.fromConnectionString(azurite.connectionString).getContainerClient('deleted');
    await container.create();
    const sas = await container.generateSasUrl({
      permissions: ContainerSASPermissions.parse('rcwdl'),
      expiresOn: new Date(systemClock.now() + 3_600_000),
    });
    const bundles = await openBundles(`azure-blob:${sas}`, systemClock);
    await expect(bundles.requireUsed(), 'empty').rejects.toMatchObject({ code: 'BUNDLES_UNAVAILABLE' });
    await bundles.put(expectedOf(bytesOf(8, 10)), inParts(bytesOf(8, 10)));
    await bundles.requireUsed();
    await container.delete();
    expect(await bundles.size('0'.repeat(64))).toBeUndefined();
    await expect(bundles.requireUsed(), 'deleted').rejects.toMatchObject({ code: 'BUNDLES_UNAVAILABLE' });
  });

  it.each([
    ['is not there', (url: string) => `${url}/nowhere?sv=2024-11-04&sig=secret-words`],
    ['refuses the SAS', (url: string) => `${url}/by-sas?sv=2024-11-04&sr=c&sp=r&se=2020-01-01&sig=secret-words`],
    ['does not answer', () => 'http://127.0.0.1:9/account/container?sv=2024-11-04&sig=secret-words'],
  ])('that %s is named, and its secret is not', async (_what, addressOf) => {
    const bundles = new AzureBlobBundles(addressOf(azurite.url), { retries: { maxTries: 1 } });
    const failure: unknown = await bundles.size('0'.repeat(64)).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'BUNDLES_UNAVAILABLE' });
    expect((failure as Error).cause).toBeUndefined(); // the SDK's error has the address, and that the secret
    expect((failure as Error).message).toContain(bundles.place);
    expect((failure as Error).message).not.toContain('secret-words');
  });
});

it.each(['nowhere', 's3:bucket', 'folder:', 'azure-blob:AccountName=x;AccountKey=secret-words', 'azure-blob:words'])(
  'the setting %s is refused, without its secret',
  async (setting) => {
    const failure: unknown = await openBundles(setting, systemClock).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining('fleet.bundles') });
    expect((failure as Error).message).not.toContain('secret-words');
  },
);
