/** Golden images: what a device runs, as signed bundles. Its front door is `npm run image`; this is for tests and benchmarks. */
export { Tree } from '../edge-package/tree.ts';
export { buildAgentImage } from './agent/build-agent.ts';
export { type BundleContents, type BundleOptions, payloadOf, writeBundle } from './bundle/rauc-bundle.ts';
export { demoSigner, type Signer, signerOf } from './bundle/signer.ts';
export { writeSquashfs } from './bundle/squashfs.ts';
export { inspectTree } from './contents/inspect.ts';
export { BOARDS, type Board, boardOf, DEFINITION } from './definition.ts';
export type { BuiltImage, ImageOptions } from './image-options.ts';
export { type RecordFacts, writeRecord } from './record/write-record.ts';
export { writeSystem } from './system/build-system.ts';
