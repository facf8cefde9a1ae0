import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { Cursor, uint32 } from './amqp-cursor.ts';
import {
  leanOnTransfer,
  type RheaSessions,
  SAMPLE_DELIVERY,
  sameTransfer,
  type TransferFrame,
} from './lean-transfer.ts';

/**
 * A short way through `rhea`, the AMQP library of the Event Hubs SDK, for what a reader gets in bulk: transfer frames
 * and the messages in them. `rhea` makes an object of every field of both before it looks at one, which is the larger
 * part of what reading costs. Here the bytes are read straight into what `rhea` answers in the end.
 *
 * Only the usual shapes are read here; at anything else `rhea`'s own function decides. The SDK, its connections and
 * its recovery stay as they are.
 *
 * Layout of the bytes: AMQP 1.0, part 1.6 (types), 2.3 (frames), 2.7.5 (transfer), 3.2 (message format).
 */

/** What of `rhea`'s inner modules is called by name there, and so can be replaced. */
export interface RheaParts {
  readonly frames: { read_frame: (bytes: Buffer) => Frame | null };
  readonly message: {
    decode: (bytes: Buffer) => object;
    accepted: () => { described(): object };
    released: () => { described(): object };
    rejected: (fields: object) => { described(): object };
    modified: (fields: object) => { described(): object };
    data_section: (content: Buffer) => object;
    encode: (message: object) => Buffer;
  };
  readonly sessions: RheaSessions;
  /** The lines that it can log, and those of the layer between it and the SDK. */
  readonly logs: readonly Record<string, ((...values: unknown[]) => void) & { enabled?: boolean }>[];
}

interface Frame {
  size?: number;
  type?: number;
  channel?: number;
  performative?: object;
  payload?: Buffer;
}

/** `rhea` as the SDK loads it: the same module, not another copy. @throws Error where it is not found. */
export function rheaOfTheSdk(): RheaParts {
  const sdk = createRequire(createRequire(import.meta.url).resolve('@azure/event-hubs'));
  const layer = createRequire(sdk.resolve('rhea-promise'));
  const rhea = createRequire(layer.resolve('rhea'));
  return {
    frames: rhea('./frames.js'),
    message: rhea('./message.js'),
    sessions: rhea('./session.js'),
    logs: [rhea('./log.js'), layer('./log.js')],
  };
}

let installed = false;

/**
 * Puts the short way in place, once a process.
 *
 * @throws Error where `rhea` is not as expected, or answers otherwise for one of the samples; it is left as it is then
 */
export function installLeanAmqp(rhea: RheaParts = rheaOfTheSdk()): void {
  if (installed) return;
  const { frames, message, sessions, logs } = rhea;
  const [readFrame, decode] = [frames.read_frame, message.decode];
  const onTransfer = sessions.prototype.on_transfer;
  const leanReadFrame = leanFrameReader(readFrame);
  const leanDecode = leanMessageDecoder(message);
  const leanTransfer = leanOnTransfer(onTransfer, message);
  for (const sample of sampleMessages(message)) {
    if (!isDeepStrictEqual(leanDecode(sample), decode(sample))) throw new Error('a message is decoded otherwise');
    const frame = sampleFrame(sample);
    if (!sameFrame(leanReadFrame(frame), readFrame(frame))) throw new Error('a frame is read otherwise');
    const transfer = readFrame(frame) as TransferFrame;
    if (!sameTransfer(leanTransfer, onTransfer, sessions, transfer))
      throw new Error('a transfer is taken in otherwise');
  }
  frames.read_frame = leanReadFrame;
  message.decode = leanDecode;
  sessions.prototype.on_transfer = leanTransfer;
  // One outcome serves all: it has no fields, and is only compared and written.
  const outcome = message.accepted().described();
  const accepted = { described: () => outcome };
  message.accepted = () => accepted;
  // A log line costs something even when it is off, and there are a dozen a message.
  for (const log of logs) for (const [name, line] of Object.entries(log)) if (!line.enabled) log[name] = ignore;
  installed = true;
}

function ignore(): void {}

const TRANSFER = 0x14;

/** A transfer's fields under the names that `rhea` reads; null where the frame has a null, undefined where it ends. */
export class Transfer {
  handle: unknown;
  delivery_id: unknown;
  delivery_tag: unknown;
  message_format: unknown;
  settled: unknown;
  more: unknown;
  rcv_settle_mode: unknown;
  state: unknown;
  resume: unknown;
  aborted: unknown;
  batchable: unknown;

  dispatch(target: { on_transfer(frame: Frame): void }, frame: Frame): void {
    target.on_transfer(frame);
  }
}

/** Reads a transfer frame; hands every other one to `otherwise`. */
export function leanFrameReader(otherwise: (bytes: Buffer) => Frame | null): (bytes: Buffer) => Frame | null {
  const at = new Cursor();
  return (bytes) => {
    const size = bytes.length;
    // Data offset 2, type AMQP, then a described list of the code of a transfer.
    if (size < 16 || uint32(bytes, 0) !== size || bytes[4] !== 2 || bytes[5] !== 0) return otherwise(bytes);
    if (bytes[8] !== 0 || bytes[9] !== 0x53 || bytes[10] !== TRANSFER) return otherwise(bytes);
    const count = at.enterList(bytes, 11);
    if (count < 5 || count > 11) return otherwise(bytes);
    const end = at.end;
    const transfer = new Transfer();
    transfer.handle = at.value(bytes);
    transfer.delivery_id = at.value(bytes);
    transfer.delivery_tag = at.value(bytes);
    transfer.message_format = at.value(bytes);
    transfer.settled = at.value(bytes);
    if (count > 5) transfer.more = at.value(bytes);
    if (count > 6) transfer.rcv_settle_mode = at.value(bytes);
    if (count > 7) transfer.state = at.value(bytes);
    if (count > 8) transfer.resume = at.value(bytes);
    if (count > 9) transfer.aborted = at.value(bytes);
    if (count > 10) transfer.batchable = at.value(bytes);
    if (at.strange || at.position !== end) return otherwise(bytes);
    const channel = (bytes[6]! << 8) | bytes[7]!;
    const frame: Frame = { size, type: 0, channel, performative: transfer };
    if (end < size) frame.payload = bytes.subarray(end);
    return frame;
  };
}

const HEADER_FIELDS = ['durable', 'priority', 'ttl', 'first_acquirer', 'delivery_count'] as const;
const PROPERTY_FIELDS = [
  'message_id',
  'user_id',
  'to',
  'subject',
  'reply_to',
  'correlation_id',
  'content_type',
  'content_encoding',
  'absolute_expiry_time',
  'creation_time',
  'group_id',
  'group_sequence',
  'reply_to_group_id',
] as const;

/** Decodes a message with one data section and plain values; hands every other one to `rhea`'s decoder. */
export function leanMessageDecoder(message: RheaParts['message']): (bytes: Buffer) => object {
  const otherwise = message.decode;
  const prototype = Object.getPrototypeOf(otherwise(Buffer.alloc(0))) as object;
  function Message() {}
  Message.prototype = prototype;
  const create = Message as unknown as new () => Record<string, unknown>;
  const at = new Cursor();
  return (bytes) => {
    const decoded = new create();
    at.position = 0;
    at.strange = false;
    while (at.position < bytes.length) {
      if (bytes[at.position] !== 0 || bytes[at.position + 1] !== 0x53) return otherwise(bytes);
      const section = bytes[at.position + 2];
      const start = at.position + 3;
      if (section === 0x75) {
        at.position = start;
        const content = at.value(bytes);
        if (decoded.body !== undefined || !Buffer.isBuffer(content)) return otherwise(bytes);
        decoded.body = message.data_section(content);
      } else if (section === 0x72) decoded.message_annotations = at.map(bytes, start);
      else if (section === 0x73) at.fields(bytes, start, decoded, PROPERTY_FIELDS);
      else if (section === 0x74) decoded.application_properties = at.map(bytes, start);
      else if (section === 0x70) at.fields(bytes, start, decoded, HEADER_FIELDS);
      else if (section === 0x71) decoded.delivery_annotations = at.map(bytes, start);
      else return otherwise(bytes);
      if (at.strange) return otherwise(bytes);
    }
    return at.position === bytes.length ? decoded : otherwise(bytes);
  };
}

/** The messages that are compared before the short way is put in place. */
function sampleMessages(message: RheaParts['message']): Buffer[] {
  const annotations = {
    'x-opt-sequence-number': 7,
    'x-opt-offset': '4294967296',
    'x-opt-enqueued-time': new Date(1e12),
  };
  const body = message.data_section(Buffer.from('{"pref":"13"}'));
  return [
    message.encode({ message_annotations: annotations, body }),
    message.encode({
      message_annotations: { ...annotations, 'x-opt-sequence-number': 2 ** 40, 'x-opt-partition-key': '区' },
      application_properties: { count: 300, right: true, text: 'text' },
      message_id: 'id',
      content_type: 'application/json',
      durable: true,
      body: message.data_section(Buffer.alloc(300, 'x')),
    }),
    message.encode({ message_annotations: annotations, body: { no: 'data section' } }),
  ];
}

/** A transfer frame of channel 1 that carries `payload`, presettled. */
function sampleFrame(payload: Buffer): Buffer {
  const fields = Buffer.from([0x52, 1, 0x52, SAMPLE_DELIVERY, 0xa0, 1, 9, 0x43, 0x41, 0x42, 0x40]);
  const head = Buffer.from([0, 0, 0, 0, 2, 0, 0, 1, 0, 0x53, TRANSFER, 0xc0, fields.length + 1, 7]);
  head.writeUInt32BE(head.length + fields.length + payload.length);
  return Buffer.concat([head, fields, payload]);
}

function sameFrame(a: Frame | null, b: Frame | null): boolean {
  if (!a || !b) return a === b;
  const [mine, theirs] = [a.performative as Transfer, b.performative as Transfer];
  return (
    a.size === b.size &&
    a.type === b.type &&
    a.channel === b.channel &&
    isDeepStrictEqual(a.payload, b.payload) &&
    (Object.keys(new Transfer()) as (keyof Transfer)[]).every((name) => isDeepStrictEqual(mine[name], theirs[name]))
  );
}
