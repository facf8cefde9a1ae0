import { describe, expect, it } from 'vitest';
import type { Field } from '../fields.ts';
import { sensorsConfiguration } from '../testing/configuration.ts';
import { seededRandom } from '../testing/random.ts';
import { type ByteReader, byteReader } from './byte-reader.ts';
import { checksumOf } from './checksum.ts';
import { checksum } from './nmea.ts';

interface Format {
  readonly settings: object;
  /** The bytes of the n-th message. */
  message(n: number): Buffer;
  /** Its one field. */
  readonly field: string;
  value(n: number): number;
}

const line = (text: string) => Buffer.from(`${text}\r\n`);

const formats: Record<string, Format> = {
  json: {
    settings: { format: 'json' },
    message: (n) => line(`{"n":${n},"門":null}`),
    field: 'n',
    value: (n) => n,
  },
  csv: {
    settings: { format: 'csv', columns: ['a', 'n'] },
    message: (n) => line(`"",${n}`),
    field: 'n',
    value: (n) => n,
  },
  nmea: {
    settings: { format: 'nmea' },
    message: (n) => {
      const body = `SDDPT,${n}.0,0.0`;
      return line(`$${body}*${checksum(body).toString(16).padStart(2, '0')}`);
    },
    field: 'dpt/depth',
    value: (n) => n,
  },
  regex: {
    settings: { format: 'regex', pattern: '^N=(?<n>\\d+);$' },
    message: (n) => line(`N=${n};`),
    field: 'n',
    value: (n) => n,
  },
  binary: {
    settings: {
      format: 'binary',
      frame: {
        bytes: 7,
        start: 'a5',
        checksum: { kind: 'crc16-xmodem' },
        layout: [{ field: 'n', at: 1, type: 'i32', scale: 0.5 }],
      },
    },
    message: (n) => {
      const frame = Buffer.alloc(7, 0xa5);
      frame.writeInt32BE(n, 1);
      frame.writeUInt16BE(checksumOf('crc16-xmodem', frame.subarray(0, 5)), 5);
      return frame;
    },
    field: 'n',
    value: (n) => n / 2,
  },
};

function reader(settings: object): ByteReader {
  const serial = [{ name: 'line', path: '/dev/none', ...settings }];
  return byteReader(sensorsConfiguration({ serial }).serial[0]!)({ measured: () => {}, running: () => {} });
}

function fieldsOf(from: ByteReader, chunk: Uint8Array): Field[] {
  const fields: Field[] = [];
  from.read(chunk, 0, (field) => fields.push(field));
  return fields;
}

function read(settings: object, ...chunks: readonly Uint8Array[]): unknown[] {
  const from = reader(settings);
  return chunks.flatMap((chunk) => fieldsOf(from, chunk)).map(({ name, value }) => [name, value]);
}

describe.each(Object.entries(formats))('what comes as %s', (_name, { settings, message, field, value }) => {
  const expected = (...numbers: number[]) => numbers.map((n) => [field, value(n)]);

  it('is the same wherever the bytes are cut, in two and in three', () => {
    const bytes = Buffer.concat([message(12), message(345)]);
    for (let first = 0; first <= bytes.length; first++)
      for (let second = first; second <= bytes.length; second += 3) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        expect(read(settings, ...pieces)).toEqual(expected(12, 345));
      }
    expect(read(settings, ...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(expected(12, 345));
  });

  it('is whole again after garbage, and garbage is no reading', () => {
    const random = seededRandom(183);
    for (let round = 0; round < 300; round++) {
      const pieces: Buffer[] = [];
      for (let n = 0; n < 8; n++) {
        if (random() < 0.5) {
          // What a wrong speed makes of bytes; a line that it hits ends with it. No separator, so that CSV's columns differ.
          const noise = Array.from({ length: 1 + Math.floor(random() * 60) }, () => 0x80 + Math.floor(random() * 0x80));
          pieces.push(Buffer.concat([Buffer.from(noise), Buffer.from('\n')]));
        }
        pieces.push(message(round * 8 + n));
      }
      const numbers = Array.from({ length: 8 }, (_, n) => round * 8 + n);
      expect(read(settings, ...pieces)).toEqual(expected(...numbers));
    }
  });
});

describe('a frame', () => {
  it('gives all kinds of fields, in their units', () => {
    const layout = [
      { field: 'temp', at: 0, type: 'i16', scale: 0.1, unit: 'Cel' },
      { field: 'hum', at: 2, type: 'u8', scale: 0.5, offset: 1, unit: '%RH' },
      { field: 'count', at: 3, type: 'bcd', length: 2 },
      { field: 'open', at: 5, type: 'bit', bit: 7 },
      { field: 'shut', at: 5, type: 'bit', bit: 0 },
      { field: 'mode', at: 5, type: 'bits', bit: 4, length: 3 },
      { field: 'wide', at: 6, type: 'bits', bit: 1, length: 31, byteOrder: 'little' },
      { field: 'none', at: 10, type: 'f32' },
    ];
    const frame = Buffer.from('ff85663456d0ffffffff7fc00000', 'hex');
    const from = reader({ format: 'binary', frame: { bytes: 14, gapMs: 100, layout } });
    expect(fieldsOf(from, frame)).toEqual([
      { name: 'temp', value: -12.3, unit: 'Cel' },
      { name: 'hum', value: 52, unit: '%RH' },
      { name: 'count', value: 3456 },
      { name: 'open', value: true },
      { name: 'shut', value: false },
      { name: 'mode', value: 5 },
      { name: 'wide', value: 2 ** 31 - 1 },
    ]);
  });
});
