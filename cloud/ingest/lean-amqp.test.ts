import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  installLeanAmqp,
  leanFrameReader,
  leanMessageDecoder,
  type RheaParts,
  rheaOfTheSdk,
  Transfer,
} from './lean-amqp.ts';

const rhea = rheaOfTheSdk();
const { message, frames } = rhea;
const rheaDecode = message.decode;
const rheaReadFrame = frames.read_frame;
const rheaOnTransfer = rhea.sessions.prototype.on_transfer;

/** The short way, and how often it handed over to rhea's own. */
function counted(): { decode: (bytes: Buffer) => object; handedOver: () => number } {
  let times = 0;
  const decode = (bytes: Buffer) => {
    if (bytes.length > 0) times++;
    return rheaDecode(bytes);
  };
  return { decode: leanMessageDecoder({ ...message, decode } as RheaParts['message']), handedOver: () => times };
}

const plain = fc.oneof(
  fc.string({ maxLength: 300 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.boolean(),
  fc.constant(null),
  fc.integer(),
  fc.nat(),
  fc.maxSafeInteger(),
  fc.double().filter((value) => !Number.isInteger(value) || Math.abs(value) < 2 ** 62), // rhea can write no larger ones
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
);
const name = fc.oneof(fc.constantFrom('x-opt-sequence-number', 'x-opt-offset', 'x-opt-origin'), fc.string());
const map = fc.dictionary(name, plain, { maxKeys: 6 });
const anything = fc.oneof(plain, fc.array(plain, { maxLength: 3 }), map);
const body = fc.oneof(
  { weight: 4, arbitrary: fc.uint8Array({ maxLength: 600 }).map((bytes) => message.data_section(Buffer.from(bytes))) },
  { weight: 1, arbitrary: anything },
);
const messages = fc.record(
  {
    message_annotations: map,
    delivery_annotations: map,
    application_properties: fc.dictionary(name, anything, { maxKeys: 4 }),
    message_id: fc.oneof(fc.string({ minLength: 1 }), fc.nat()),
    content_type: fc.constantFrom('application/json', 'text/plain'),
    creation_time: fc.date({ noInvalidDate: true }),
    durable: fc.boolean(),
    priority: fc.nat(255),
    body,
  },
  { requiredKeys: ['body'] },
);

describe('the short way through AMQP', () => {
  it('decodes every message as rhea itself does', () => {
    const { decode } = counted();
    fc.assert(
      fc.property(messages, (sample) => {
        const bytes = message.encode(sample);
        expect(decode(bytes)).toStrictEqual(rheaDecode(bytes));
      }),
      { numRuns: 2000, seed: 4 },
    );
  });

  it('reads what Event Hubs sends without the help of rhea', () => {
    const { decode, handedOver } = counted();
    const annotations = {
      'x-opt-sequence-number': 1e6,
      'x-opt-offset': '12884901888',
      'x-opt-enqueued-time': new Date(),
    };
    decode(message.encode({ message_annotations: annotations, body: message.data_section(Buffer.from('{}')) }));
    expect(handedOver()).toBe(0);
  });

  it('fails where rhea fails, and never reads beyond the bytes', () => {
    const { decode } = counted();
    fc.assert(
      fc.property(messages, fc.nat(), fc.nat(255), fc.boolean(), (sample, place, value, cut) => {
        const bytes = Buffer.from(message.encode(sample));
        if (cut)
          return same(
            () => decode(bytes.subarray(0, place % bytes.length)),
            () => rheaDecode(bytes.subarray(0, place % bytes.length)),
          );
        bytes[place % bytes.length] = value;
        same(
          () => decode(bytes),
          () => rheaDecode(bytes),
        );
      }),
      { numRuns: 1500, seed: 5 },
    );
  });

  it('reads every transfer frame as rhea itself does, and leaves it all others', () => {
    const read = leanFrameReader(rheaReadFrame);
    fc.assert(
      fc.property(transferFrames, (bytes) => {
        const [mine, theirs] = [read(bytes), rheaReadFrame(bytes)];
        expect({ ...mine, performative: 0 }).toEqual({ ...theirs, performative: 0 });
        const [a, b] = [mine?.performative, theirs?.performative] as [Transfer, Transfer];
        for (const field of Object.keys(new Transfer()) as (keyof Transfer)[]) expect(a[field]).toEqual(b[field]);
        const seen: unknown[] = [];
        a.dispatch({ on_transfer: (frame) => seen.push(frame) }, mine!);
        expect(seen).toEqual([mine]);
      }),
      { numRuns: 1000, seed: 6 },
    );
    const open = Buffer.from('000000180200000000531045', 'hex');
    open.writeUInt32BE(open.length);
    expect(read(open)).toEqual(rheaReadFrame(open));
  });
});

describe('putting it in place', () => {
  const copy = (): RheaParts => ({
    frames: { ...frames },
    message: { ...message },
    sessions: class extends (rhea.sessions as new (...a: never[]) => object) {} as unknown as RheaParts['sessions'],
    logs: rhea.logs.map((log) => ({ ...log })),
  });

  it('leaves a library alone that decodes otherwise', () => {
    const parts = copy();
    const decode = (bytes: Buffer) => Object.assign(rheaDecode(bytes), { body: 'another' });
    parts.message.decode = decode;
    expect(() => installLeanAmqp(parts)).toThrow('a message is decoded otherwise');
    expect(parts.message.decode).toBe(decode);
    expect(parts.frames.read_frame).toBe(rheaReadFrame);
  });

  it('leaves a library alone whose sessions do something else with a transfer', () => {
    const parts = copy();
    const onTransfer = () => {};
    parts.sessions.prototype.on_transfer = onTransfer;
    expect(() => installLeanAmqp(parts)).toThrow('a transfer is taken in otherwise');
    expect(parts.sessions.prototype.on_transfer).toBe(onTransfer);
    expect(parts.message.decode).toBe(rheaDecode);
  });

  it('takes the place of decoder, frame reader, what takes transfers in, and the log lines that are off', () => {
    const parts = copy();
    installLeanAmqp(parts);
    expect(parts.message.decode).not.toBe(rheaDecode);
    expect(parts.frames.read_frame).not.toBe(rheaReadFrame);
    expect(parts.sessions.prototype.on_transfer).not.toBe(rheaOnTransfer);
    expect(rhea.sessions.prototype.on_transfer).toBe(rheaOnTransfer);
    expect(parts.message.accepted().described()).toEqual(rhea.message.accepted().described());
    const lines = parts.logs.flatMap((log) => Object.values(log));
    expect(lines.length).toBeGreaterThan(10);
    for (const line of lines) expect(line.name).toBe('ignore');
  });
});

/** Both answer the same, or both throw. */
function same(mine: () => object, theirs: () => object): void {
  const warn = console.warn;
  console.warn = () => {}; // rhea tells of sections that it does not know
  try {
    let expected: object;
    try {
      expected = theirs();
    } catch {
      expect(mine).toThrow();
      return;
    }
    expect(mine()).toStrictEqual(expected);
  } finally {
    console.warn = warn;
  }
}

const uint = fc.nat(0xffff_ffff).map((value) => {
  const bytes = Buffer.from([0x70, 0, 0, 0, 0]);
  bytes.writeUInt32BE(value, 1);
  return bytes;
});
const flag = fc.constantFrom(Buffer.from([0x40]), Buffer.from([0x41]), Buffer.from([0x42]));
const smallUint = fc.nat(255).map((value) => Buffer.from([0x52, value]));
const tag = fc.uint8Array({ maxLength: 32 }).map((bytes) => Buffer.from([0xa0, bytes.length, ...bytes]));
const fields = fc
  .tuple(
    fc.oneof(uint, smallUint, fc.constant(Buffer.from([0x43]))),
    fc.oneof(uint, fc.constant(Buffer.from([0x40]))),
    fc.oneof(tag, fc.constant(Buffer.from([0x40]))),
    fc.constantFrom(Buffer.from([0x43]), Buffer.from([0x40])),
    flag,
    flag,
    fc.constantFrom(Buffer.from([0x40]), Buffer.from([0x50, 1])),
    fc.constant(Buffer.from([0x40])),
    flag,
    flag,
    flag,
  )
  .chain((all) => fc.integer({ min: 1, max: all.length }).map((count) => all.slice(0, count)));
const transferFrames = fc
  .tuple(fields, fc.boolean(), fc.uint8Array({ maxLength: 400 }), fc.nat(0xffff))
  .map(([list, large, payload, channel]) => {
    const content = Buffer.concat(list);
    const listHead = large
      ? Buffer.from([0xd0, 0, 0, 0, content.length + 4, 0, 0, 0, list.length])
      : Buffer.from([0xc0, content.length + 1, list.length]);
    const head = Buffer.from([0, 0, 0, 0, 2, 0, channel >> 8, channel & 255, 0, 0x53, 0x14]);
    const bytes = Buffer.concat([head, listHead, content, payload]);
    bytes.writeUInt32BE(bytes.length);
    return bytes;
  });
