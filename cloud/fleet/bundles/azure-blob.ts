import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AnonymousCredential,
  type BlobClient,
  BlobServiceClient,
  type BlockBlobClient,
  ContainerClient,
  RestError,
  type StoragePipelineOptions,
} from '@azure/storage-blob';
import { TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import type { BundleStore, ByteRange, ExpectedBundle, StoredBundle } from './bundle-store.ts';
import { heldTo } from './expected.ts';
import { translated } from './translated.ts';

/** The container of an account that is named by its connection string. */
const CONTAINER = 'tashika-bundles';
/** What of a bundle is in memory while it comes. 50,000 blocks are the most that a blob may have. */
const BLOCK_BYTES = 4 * 1024 * 1024;
/** Of Azure's own words. */
const MOST_CHARACTERS = 200;
const NAME = /^[0-9a-f]{64}$/;

const RETRIES = { maxTries: 4, retryDelayInMs: 500, maxRetryDelayInMs: 5_000, tryTimeoutInMs: 60_000 };

/**
 * Bundles as block blobs in a container of Azure Blob Storage. A blob has its name from the moment that the list of its
 * blocks is committed, which is after its hash was seen to be right; blocks that never are, Azure forgets after a week.
 */
export class AzureBlobBundles implements BundleStore {
  readonly place: string;
  readonly #container: ContainerClient;
  /** A SAS speaks of a container that is there, and seldom lets one be made. */
  readonly #makesContainer: boolean;
  readonly #blockBytes: number;
  #made: Promise<void> | undefined;

  /**
   * @param where a connection string of the account, or the address of a container with a SAS that reads, creates,
   *   writes, deletes and lists
   * @throws TashikaError CONFIG_INVALID
   */
  constructor(
    where: string,
    options: {
      readonly blockBytes?: number | undefined;
      readonly retries?: NonNullable<StoragePipelineOptions['retryOptions']> | undefined;
    } = {},
  ) {
    const pipeline: StoragePipelineOptions = { retryOptions: options.retries ?? RETRIES };
    this.#makesContainer = !/^https?:/.test(where);
    this.#container = containerOf(where, pipeline);
    this.#blockBytes = options.blockBytes ?? BLOCK_BYTES;
    this.place = `the container ${this.#container.containerName} of ${new URL(this.#container.url).host}`;
  }

  async put(expected: ExpectedBundle, content: AsyncIterable<Uint8Array>): Promise<'stored' | 'there'> {
    const blob = this.#blob(expected.sha256);
    await this.#makeContainer();
    if (await this.keep(expected.sha256)) return 'there';
    const upload = randomUUID();
    const blocks: string[] = [];
    for await (const block of inBlocks(heldTo(expected, content), this.#blockBytes)) {
      // Every block id of a blob must have the same length.
      const id = Buffer.from(`${upload}-${String(blocks.length).padStart(6, '0')}`).toString('base64');
      const transactionalContentMD5 = createHash('md5').update(block).digest();
      await this.#attempt(() => blob.stageBlock(id, block, block.length, { transactionalContentMD5 }));
      blocks.push(id);
    }
    return await this.#commit(blob, blocks);
  }

  /** Writing metadata makes it younger. */
  async keep(sha256: string): Promise<boolean> {
    const blob = this.#blob(sha256);
    return await this.#attempt(async () => {
      const there = (await propertiesOf(blob)) !== undefined;
      if (there) await blob.setMetadata({});
      return there;
    });
  }

  /** By a list, because `size` can't tell a missing container from a missing blob, and the upkeep makes one anew. */
  async requireUsed(): Promise<void> {
    const pages = this.#container.listBlobsFlat().byPage({ maxPageSize: 1 });
    const { value: page } = await this.#attempt(() => pages.next());
    if (page?.segment.blobItems.length > 0 || page?.continuationToken) return;
    throw new TashikaError(
      'BUNDLES_UNAVAILABLE',
      `${this.place} is empty. See that fleet.bundles names the right account and container.`,
    );
  }

  async size(sha256: string): Promise<number | undefined> {
    return await this.#attempt(async () => (await propertiesOf(this.#blob(sha256)))?.contentLength);
  }

  async read(sha256: string, range?: ByteRange): Promise<Readable> {
    const length = range && range.last - range.first + 1;
    const found = await this.#attempt(() =>
      this.#blob(sha256).download(range?.first, length, { maxRetryRequests: 5 }).catch(undefinedIfNoBlob),
    );
    if (!found?.readableStreamBody)
      throw new TashikaError('NOT_FOUND', `There is no bundle ${sha256} in ${this.place}.`);
    return translated(found.readableStreamBody as Readable, (error) => this.#failure(error));
  }

  async *list(): AsyncGenerator<StoredBundle> {
    await this.#makeContainer();
    const pages = this.#container.listBlobsFlat().byPage({ maxPageSize: 1000 });
    for (;;) {
      const { value: page, done } = await this.#attempt(() => pages.next());
      if (done) return;
      for (const { name, properties } of page.segment.blobItems)
        if (NAME.test(name))
          yield {
            sha256: name,
            bytes: properties.contentLength ?? 0,
            storedAt: properties.lastModified.getTime(),
          };
    }
  }

  async remove(sha256: string, unlessAfter?: Timestamp): Promise<void> {
    const conditions = unlessAfter === undefined ? {} : { ifUnmodifiedSince: new Date(unlessAfter) };
    await this.#attempt(() =>
      this.#blob(sha256)
        .delete({ conditions })
        .catch((error) => {
          if (!(error instanceof RestError && (error.statusCode === 412 || isNoBlob(error)))) throw error;
        }),
    );
  }

  /** Azure forgets blocks that no list names by itself. */
  async sweep(): Promise<void> {}

  #blob(sha256: string): BlockBlobClient {
    if (!NAME.test(sha256)) throw new TashikaError('NOT_FOUND', 'A bundle is named by 64 hex digits.');
    return this.#container.getBlockBlobClient(sha256);
  }

  async #makeContainer(): Promise<void> {
    if (!this.#makesContainer) return;
    this.#made ??= this.#attempt(() => this.#container.createIfNotExists()).then(() => undefined);
    await this.#made.catch((error) => {
      this.#made = undefined;
      throw error;
    });
  }

  async #commit(blob: BlockBlobClient, blocks: readonly string[]): Promise<'stored' | 'there'> {
    return await this.#attempt(async () => {
      try {
        await blob.commitBlockList([...blocks], {
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: 'application/octet-stream' },
        });
        return 'stored';
      } catch (error) {
        // Another upload of the same bytes was faster; its commit forgot the blocks of this one.
        if ((await propertiesOf(blob)) !== undefined) return 'there';
        throw error;
      }
    });
  }

  async #attempt<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      throw error instanceof TashikaError ? error : this.#failure(error);
    }
  }

  /** Azure's words, without its error: that holds the request, and its address the SAS. */
  #failure(error: unknown): TashikaError {
    const { statusCode, code } = error instanceof RestError ? error : { statusCode: undefined, code: undefined };
    const words = [statusCode && `status ${statusCode}`, code].filter(Boolean).join(', ') || 'no answer';
    return new TashikaError(
      'BUNDLES_UNAVAILABLE',
      `${this.place} ${adviceOn(statusCode)} (${words.slice(0, MOST_CHARACTERS)}).`,
    );
  }
}

function adviceOn(status: number | undefined): string {
  if (status === 403 || status === 401)
    return 'does not take the key or SAS of fleet.bundles, or that may not do this: it must read, create, write, delete and list';
  if (status === 404) return 'is not there: make it, or correct fleet.bundles';
  if (status === undefined)
    return 'does not answer: see that fleet.bundles names the right account, and that it can be reached';
  return 'can not do this now; try again in a while';
}

function containerOf(where: string, pipeline: StoragePipelineOptions): ContainerClient {
  try {
    return /^https?:/.test(where)
      ? new ContainerClient(where, new AnonymousCredential(), pipeline)
      : BlobServiceClient.fromConnectionString(where, pipeline).getContainerClient(CONTAINER);
  } catch {
    // What the SDK says of it may hold the key.
    throw new TashikaError(
      'CONFIG_INVALID',
      'fleet.bundles: what follows azure-blob: is neither a connection string of a storage account nor the address of a container with a SAS.',
    );
  }
}

async function* inBlocks(content: AsyncIterable<Uint8Array>, blockBytes: number): AsyncGenerator<Buffer> {
  const block = Buffer.alloc(blockBytes);
  let filled = 0;
  for await (const part of content)
    for (let at = 0; at < part.byteLength; ) {
      const taken = Math.min(blockBytes - filled, part.byteLength - at);
      block.set(part.subarray(at, at + taken), filled);
      at += taken;
      filled += taken;
      if (filled < blockBytes) continue;
      yield block;
      filled = 0;
    }
  if (filled > 0) yield block.subarray(0, filled);
}

async function propertiesOf(blob: BlobClient) {
  return await blob.getProperties().catch(undefinedIfNoBlob);
}

function undefinedIfNoBlob(error: unknown): undefined {
  if (!isNoBlob(error)) throw error;
}

/** A HEAD is answered without a body, and so without the code that tells a container from a blob. */
function isNoBlob(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404 && error.code !== 'ContainerNotFound';
}
