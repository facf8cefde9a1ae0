export { readKeyring } from './chain.ts';
export { type BundleSigner, signBundle } from './sign.ts';
export { type CertificateWish, issueCertificate, makeThrowawaySigner, type ThrowawaySigner } from './throwaway.ts';
export { type BundleFile, type VerifiedBundle, verifyBundle } from './verify.ts';
