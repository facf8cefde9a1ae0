export { type BeamSettings, type Caller, type Headers, signatureOf, verifyBeam } from './beam-signature.ts';
export { MOST_MISSING_RANGES, type Receipt, receiptOf } from './receipt.ts';
export { ReceiptRequests } from './requests.ts';
