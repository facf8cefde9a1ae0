export { type ReceiptsSettings, receiptsSchema } from './config.ts';
export { Receipts, type ReceiptsFigures, type ReceiptsOptions } from './receipts.ts';
