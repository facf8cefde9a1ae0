import rhea from 'rhea';
import { describe, expect, it } from 'vitest';
import { type Typed, types } from './codec.ts';
import { encodeFrame, FRAME_HEADER_BYTES, FrameReader } from './frames.ts';
import type { PerformativeName, Performatives } from './performative-fields.ts';
import { readPerformative } from './performatives.ts';
import { sourceValue, targetValue } from './terminus.ts';
import { TRANSFER_HEAD_BYTES, writeTransferHead } from './transfer.ts';

/** The fields of a frame by position, as a client that applies no defaults reads them. */
function fieldsByPosition(frame: Buffer): unknown[] {
  const list = new types.Reader(frame.subarray(FRAME_HEADER_BYTES)).read().value as Typed[];
  return list.map((field) => types.unwrap(field));
}

const positions = <Name extends PerformativeName>(name: Name, fields: Partial<Performatives[Name]>) =>
  fieldsByPosition(encodeFrame(name, fields));

describe('a performative', () => {
  it('is written with every field of the standard, defaults included', () => {
    expect(positions('open', { containerId: 'c' })).toEqual([
      'c',
      null,
      0xffffffff,
      65535,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
    expect(
      positions('begin', { remoteChannel: 1, nextOutgoingId: 0, incomingWindow: 5, outgoingWindow: 6, handleMax: 255 }),
    ).toEqual([1, 0, 5, 6, 255, null, null, null]);
    expect(
      positions('attach', { name: 'n', handle: 0, role: false, initialDeliveryCount: 0, maxMessageSize: 9 }),
    ).toEqual([...['n', 0, false, 2, 0, null, null, null, false, 0, 9, null, null, null]]);
    expect(
      positions('flow', { nextIncomingId: 0, incomingWindow: 1, nextOutgoingId: 2, outgoingWindow: 3, handle: 4 }),
    ).toEqual([0, 1, 2, 3, 4, null, null, null, false, false, null]);
    expect(positions('disposition', { role: true, first: 1 })).toEqual([true, 1, null, false, null, false]);
    expect(positions('detach', { handle: 1 })).toEqual([1, false, null]);
    expect(positions('end', {})).toEqual([null]);
    expect(positions('close', {})).toEqual([null]);
  });

  it('for transfers is written by hand and reads like the others', () => {
    const frame = Buffer.alloc(TRANSFER_HEAD_BYTES + 3);
    const transfer = { channel: 7, handle: 300, deliveryId: 0x12345678, settled: true, more: false, payloadBytes: 3 };
    writeTransferHead(frame, 0, transfer);
    frame.write('abc', TRANSFER_HEAD_BYTES);
    const tag = Buffer.from([0x56, 0x78]);
    expect(fieldsByPosition(frame)).toEqual([300, 0x12345678, tag, 0, true, false, null, null, false, false, false]);

    const reader = new FrameReader(1000);
    const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
    const [, incoming] = [...reader.push(Buffer.concat([header, frame]))];
    expect(incoming).toMatchObject({ channel: 7, performative: { name: 'transfer' }, payload: Buffer.from('abc') });
  });

  it('that ends early, or is described by name, is read with its defaults', () => {
    const described = (descriptor: Typed) =>
      types.described_nc(
        descriptor,
        types.wrap_list([types.wrap_string('n'), types.wrap_uint(3), types.wrap_boolean(true)]),
      );
    const expected = {
      name: 'attach',
      fields: { name: 'n', handle: 3, role: true, sndSettleMode: 2, incompleteUnsettled: false, properties: null },
    };
    expect(readPerformative(described(types.wrap_ulong(0x12)))).toMatchObject(expected);
    expect(readPerformative(described(types.wrap_symbol('amqp:attach:list')))).toMatchObject(expected);
    expect(readPerformative(described(types.wrap_ulong(0x99)))).toBeUndefined();
  });

  it('tells an error with its condition and description', () => {
    const [error] = positions('close', { error: { condition: 'amqp:not-found', description: 'gone' } });
    expect(rhea.types.unwrap(error)).toMatchObject({ condition: 'amqp:not-found', description: 'gone' });
  });
});

it('sources and targets are written with every field', () => {
  const fields = (value: Typed) => (value.value as Typed[]).map((field) => types.unwrap(field));
  expect(fields(sourceValue({ address: 'a' }))).toEqual([
    'a',
    0,
    'session-end',
    0,
    false,
    null,
    null,
    null,
    null,
    null,
    null,
  ]);
  expect(fields(targetValue(null))).toEqual([null, 0, 'session-end', 0, false, null, null]);
});

describe('a stream of bytes', () => {
  it('is cut into the same frames however it arrives', () => {
    const header = Buffer.from('AMQP\x00\x01\x00\x00', 'latin1');
    const stream = Buffer.concat([
      header,
      encodeFrame('end', {}, 3),
      encodeFrame('detach', { handle: 5 }, 2),
      encodeFrame('end', {}, 4),
    ]);
    for (const piece of [1, 2, 3, 7, 8, 9, 20, stream.length]) {
      const reader = new FrameReader(1000);
      const found = [];
      for (let at = 0; at < stream.length; at += piece) found.push(...reader.push(stream.subarray(at, at + piece)));
      expect(
        found.map((each) => (each.kind === 'frame' ? [each.channel, each.performative?.name] : each.kind)),
      ).toEqual(['header', [3, 'end'], [2, 'detach'], [4, 'end']]);
    }
  });
});
