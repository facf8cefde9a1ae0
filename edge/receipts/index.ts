export { type Answer, answerOf } from './answer.ts';
export { beam, type RawAnswer } from './beam.ts';
export { type ReceiptsSettings, receiptsSchema } from './config.ts';
export { openReceipts } from './open.ts';
export type { Receipts, ReceiptsFigures } from './receipts.ts';
