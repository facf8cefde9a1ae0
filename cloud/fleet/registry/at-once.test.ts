import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isTashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store/index.ts';
import { type PostgresServer, startPostgresServer } from '../../store/postgres-server.ts';
import { openBundles } from '../bundles/index.ts';
import { ImageRegistry } from './index.ts';
import { makeThrowawaySigner } from './signature/index.ts';
import { makeImage } from './testing/made-image.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const server: PostgresServer | undefined = await startPostgresServer();
afterAll(() => server?.stop());

/** PGlite does one thing after the other; here several processes really meet. */
describe.skipIf(!server)('at once, on a PostgreSQL server,', () => {
  let store: Store;
  let directory: string;

  beforeAll(async () => {
    store = await openStore(await server!.createDatabase(), { logger });
    directory = await mkdtemp(join(tmpdir(), 'tashika-at-once-'));
  });
  afterAll(async () => {
    await store.close();
    await rm(directory, { recursive: true, force: true });
  });

  it('the same bytes under many names are one image, and revoked under each name that came before', async () => {
    const signer = makeThrowawaySigner('builder');
    const keyringFile = join(directory, 'keyring.pem');
    await writeFile(keyringFile, signer.caPem);
    const clock = new TestClock(Date.UTC(2026, 5, 1));
    const bundles = await openBundles(`folder:${directory}/bundles`, clock);
    const registry = new ImageRegistry({ store, clock, logger, bundles, settings: { keyringFile, mostScanCvss: 10 } });

    const { record, sbom, bundle } = makeImage(signer);
    const { sha256, bytes } = record.bundle;
    const importAs = (version: string) => registry.import({ record: { ...record, version }, sbom, by: 'Aiko' });
    await bundles.put(
      { sha256, bytes, mostBytes: bytes },
      (async function* () {
        yield bundle;
      })(),
    );
    const refusalsOf = async (all: readonly Promise<unknown>[], code: 'BUNDLE_TAKEN' | 'IMAGE_REVOKED') => {
      const refused = (await Promise.allSettled(all)).filter((each) => each.status === 'rejected');
      for (const { reason } of refused) expect(isTashikaError(reason, code), String(reason)).toBe(true);
      return refused.length;
    };
    const versions = Array.from({ length: 6 }, (_, n) => `1.5.${n}`);
    expect(await refusalsOf(versions.map(importAs), 'BUNDLE_TAKEN')).toBe(5);
    const [image] = await registry.list();
    await Promise.all([
      registry.revoke(image!.record, 'it loses readings', 'Ken'),
      registry.revoke(image!.record, 'it does so', 'Aiko'),
    ]);
    expect(await refusalsOf(['2.0.0', '2.0.1'].map(importAs), 'IMAGE_REVOKED')).toBe(2);
    expect(await registry.list()).toHaveLength(1);
  });
});
