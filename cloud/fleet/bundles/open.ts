import { TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { BundleStore } from './bundle-store.ts';
import { FolderBundles } from './folder.ts';

/**
 * The place that the setting `fleet.bundles` speaks of. Nothing is reached or made yet.
 *
 * @throws TashikaError CONFIG_INVALID where it speaks of none
 */
export async function openBundles(setting: string, clock: Clock): Promise<BundleStore> {
  const [, kind, where] = /^([a-z-]+):(.+)$/s.exec(setting) ?? [];
  if (kind === 'folder') return new FolderBundles(where!, clock);
  if (kind === 'azure-blob') {
    // The SDK takes a third of a second to load, which only those who use it should wait for.
    const { AzureBlobBundles } = await import('./azure-blob.ts');
    return new AzureBlobBundles(where!);
  }
  throw new TashikaError(
    'CONFIG_INVALID',
    'fleet.bundles: must be folder:<directory>, or azure-blob:<connection string or SAS address of a container>.',
  );
}
