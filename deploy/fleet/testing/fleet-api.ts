import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApiOver } from '@tashika/cloud/api/testing';
import { openBundles } from '@tashika/cloud/fleet/bundles';
import { Updaters } from '@tashika/cloud/fleet/ddi';
import { ImageRegistry } from '@tashika/cloud/fleet/registry';
import { type BundleSigner, makeThrowawaySigner, signBundle } from '@tashika/cloud/fleet/registry/signature';
import type { Store } from '@tashika/cloud/store';
import { openMemoryStore } from '@tashika/cloud/store/testing';
import { systemClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { type BuiltImage, builtFolder } from './image-files.ts';

/** The real API over a store in memory, its images in a folder, listening as it would. */
export interface RealApi {
  readonly url: string;
  readonly store: Store;
  /** A folder as a build leaves it, its bundles signed by who the API trusts. */
  built(...images: readonly BuiltImage[]): Promise<string>;
  close(): Promise<void>;
}

/** A folder as a build leaves it, its bundles signed by `signer`. */
export function signedFolder(signer: BundleSigner, ...images: readonly BuiltImage[]): Promise<string> {
  const certificate = new X509Certificate(signer.certPem);
  const told = {
    signer: certificate.subject.split('\n').join(', '),
    signerSha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
  return builtFolder(
    ...images.map((image) => {
      const payload = image.bytes ?? Buffer.alloc(4096 * 80, `${image.kind}/${image.version}`);
      return { ...image, bytes: Buffer.from(signBundle(payload, signer)), signer: told };
    }),
  );
}

export async function startRealApi(): Promise<RealApi> {
  const logger = pino({ level: 'silent' });
  const clock = systemClock;
  const directory = await mkdtemp(join(tmpdir(), 'tashika-fleet-api-'));
  const folders = [directory];
  const signer = makeThrowawaySigner();
  const keyringFile = join(directory, 'keyring.pem');
  await writeFile(keyringFile, signer.caPem);
  const store = await openMemoryStore({ logger });
  const bundles = await openBundles(`folder:${join(directory, 'bundles')}`, clock);
  const images = new ImageRegistry({ store, clock, logger, bundles, settings: { keyringFile, mostScanCvss: 8.9 } });
  const tenant = 'tashika';
  const updaters = new Updaters({ store, clock, logger, bundles, tenant, pollMs: 300_000 });
  const app = await openApiOver(store, {
    images,
    rollouts: { tenant, sampleMs: 600_000 },
    updaters: { updaters, forwardedHosts: [] },
  });
  await app.listen({ port: 0, host: '127.0.0.1' });
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    store,
    async built(...wanted) {
      const folder = await signedFolder(signer, ...wanted);
      folders.push(folder);
      return folder;
    },
    async close() {
      await app.close();
      await store.close();
      for (const folder of folders) await rm(folder, { recursive: true });
    },
  };
}
