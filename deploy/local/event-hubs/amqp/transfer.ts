import { FRAME_HEADER_BYTES } from './frames.ts';

const FIELDS_BYTES = 28;

/** Bytes of a transfer frame before its payload. */
export const TRANSFER_HEAD_BYTES = FRAME_HEADER_BYTES + FIELDS_BYTES;

export interface Transfer {
  readonly channel: number;
  readonly handle: number;
  readonly deliveryId: number;
  readonly settled: boolean;
  /** The message goes on in another frame. */
  readonly more: boolean;
  readonly payloadBytes: number;
}

/**
 * Writes the head of a transfer frame at `at`: the payload follows as it is, so that stored messages go
 * out without being encoded again. Like every performative it carries all of its fields.
 */
export function writeTransferHead(target: Buffer, at: number, transfer: Transfer): void {
  target.writeUInt32BE(TRANSFER_HEAD_BYTES + transfer.payloadBytes, at);
  target[at + 4] = 2;
  target[at + 5] = 0;
  target.writeUInt16BE(transfer.channel, at + 6);
  // Described list, type 0x14, with its size and eleven fields.
  target[at + 8] = 0x00;
  target[at + 9] = 0x53;
  target[at + 10] = 0x14;
  target[at + 11] = 0xc0;
  target[at + 12] = FIELDS_BYTES - 5;
  target[at + 13] = 11;
  target[at + 14] = 0x70;
  target.writeUInt32BE(transfer.handle, at + 15);
  target[at + 19] = 0x70;
  target.writeUInt32BE(transfer.deliveryId, at + 20);
  // The tag need only be unique among a link's unsettled deliveries: the id's last two bytes are.
  target[at + 24] = 0xa0;
  target[at + 25] = 2;
  target.writeUInt16BE(transfer.deliveryId & 0xffff, at + 26);
  target[at + 28] = MESSAGE_FORMAT_0;
  target[at + 29] = transfer.settled ? TRUE : FALSE;
  target[at + 30] = transfer.more ? TRUE : FALSE;
  target[at + 31] = NULL;
  target[at + 32] = NULL;
  target[at + 33] = FALSE;
  target[at + 34] = FALSE;
  target[at + 35] = FALSE;
}

const NULL = 0x40;
const TRUE = 0x41;
const FALSE = 0x42;
const MESSAGE_FORMAT_0 = 0x43;
