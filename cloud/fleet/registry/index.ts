export {
  type BundleSigner,
  issueCertificate,
  makeThrowawaySigner,
  signBundle,
  type ThrowawaySigner,
  type VerifiedBundle,
  verifyBundle,
} from './signature/index.ts';
