import { describe, expect, it } from 'vitest';
import { message, types } from '../amqp/index.ts';
import { readPublication } from './event-batch.ts';

const BATCH = 0x80013700;

const encode = (content: object) => message.encode(content) as Buffer;
const data = (text: string) => rheaData(Buffer.from(text));
const rheaData = (bytes: Buffer | Buffer[]) => {
  return Array.isArray(bytes) ? message.data_sections(bytes) : message.data_section(bytes);
};

describe('a publication', () => {
  it('of one message keeps properties and body as they were encoded, and drops what was for one hop', () => {
    const bare = encode({ message_id: 'm', application_properties: { n: types.wrap_long(5) }, body: data('x') });
    const encoded = encode({
      durable: true,
      delivery_annotations: { hop: 1 },
      message_annotations: { 'x-opt-partition-key': 'k', own: 7, 'x-opt-sequence-number': 99 },
      message_id: 'm',
      application_properties: { n: types.wrap_long(5) },
      body: data('x'),
    });

    const { partitionKey, events } = readPublication(encoded, 0);

    expect(partitionKey).toBe('k');
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ partitionKey: 'k', annotationPairs: 1 });
    expect(events[0]!.annotations).toEqual(Buffer.from([0xa3, 3, 0x6f, 0x77, 0x6e, 0x52, 7]));
    const emptyHeader = 5 + 4;
    expect(bare.length - events[0]!.bare.length).toBeLessThanOrEqual(emptyHeader);
    expect(bare.subarray(bare.length - events[0]!.bare.length)).toEqual(events[0]!.bare);
  });

  it('of a batch holds its events in order, with the batch’s key', () => {
    const inner = ['a', 'b', 'c'].map((text) => encode({ body: data(text) }));
    const encoded = encode({ message_annotations: { 'x-opt-partition-key': 'k' }, body: rheaData(inner) });

    const { partitionKey, events } = readPublication(encoded, BATCH);

    expect(partitionKey).toBe('k');
    expect(events.map((event) => [event.bare.at(-1), event.partitionKey])).toEqual([
      [0x61, 'k'],
      [0x62, 'k'],
      [0x63, 'k'],
    ]);
  });

  it('that can’t be decoded is refused, wherever it is cut', () => {
    const encoded = encode({ message_annotations: { 'x-opt-partition-key': 'k' }, body: data('text') });
    for (let size = 1; size < encoded.length; size += 1) {
      let events: readonly unknown[] = [];
      try {
        events = readPublication(encoded.subarray(0, size), 0).events;
      } catch (error) {
        expect(error).toMatchObject({ condition: 'amqp:decode-error' });
      }
      expect(events).toEqual([]);
    }
    for (const bytes of [
      Buffer.alloc(2000),
      Buffer.alloc(100_000),
      Buffer.from([0, 0x53, 0x75, 0xb0, 0xff, 0xff, 0xff, 0xff]),
    ]) {
      expect(() => readPublication(bytes, BATCH)).toThrow(expect.objectContaining({ condition: 'amqp:decode-error' }));
    }
  });

  it('with a key of more than 128 characters is refused', () => {
    const encoded = encode({ message_annotations: { 'x-opt-partition-key': 'k'.repeat(129) }, body: data('x') });
    expect(() => readPublication(encoded, 0)).toThrow(
      expect.objectContaining({ condition: 'com.microsoft:argument-error' }),
    );
  });
});
