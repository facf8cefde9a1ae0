export type { BundleStore, ByteRange, ExpectedBundle, StoredBundle } from './bundle-store.ts';
export { openBundles } from './open.ts';
export { streamOver } from './stream-over.ts';
