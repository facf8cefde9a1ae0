import { describe, expect, it } from 'vitest';
import { seededRandom } from '../testing/random.ts';
import { CHECKSUMS, type ChecksumKind, checksumBytes, checksumOf, usualByteOrder } from './checksum.ts';
import { FrameSplitter, NO_FRAME } from './frame-splitter.ts';

type Rules = ConstructorParameters<typeof FrameSplitter>[0];

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

function framesOf(rules: Rules, ...chunks: readonly Uint8Array[]): (Buffer | typeof NO_FRAME)[] {
  const splitter = new FrameSplitter(rules);
  return chunks.flatMap((chunk) => [...splitter.push(chunk, 0)]);
}

/** A frame of `bytes` bytes whose content is its number, so that a wrong one can be told from a right one. */
function numbered(n: number, bytes: number, start: Buffer, kind: ChecksumKind): Buffer {
  const frame = Buffer.alloc(bytes);
  start.copy(frame);
  frame.writeUInt16BE(n, start.length);
  for (let at = start.length + 2; at < bytes; at++) frame[at] = (n * 31 + at * 7) & 0xff;
  const length = checksumBytes(kind);
  const sum = checksumOf(kind, frame.subarray(0, bytes - length));
  if (usualByteOrder(kind) === 'little') frame.writeUIntLE(sum, bytes - length, length);
  else frame.writeUIntBE(sum, bytes - length, length);
  return frame;
}

describe('a checksum', () => {
  // The check values of "123456789" for the CRCs are those of the catalogue of parametrised CRC algorithms.
  it.each([
    ['sum8', 0xdd],
    ['sum8-negated', 0x23],
    ['sum16', 0x01dd],
    ['xor8', 0x31],
    ['crc8', 0xf4],
    ['crc16-modbus', 0x4b37],
    ['crc16-xmodem', 0x31c3],
  ] as const)('%s has its known value', (kind, value) => {
    expect(checksumOf(kind, Buffer.from('123456789'))).toBe(value);
  });
});

describe('the frame splitter', () => {
  // Frames as the data sheets of three sensors give them.
  it.each<[string, Rules, string]>([
    [
      'a CO₂ sensor (MH-Z19: the sum without the first byte, negated)',
      { bytes: 9, start: 'ff 86', checksum: { kind: 'sum8-negated', from: 1 } },
      'ff 86 02 60 47 00 00 00 d1',
    ],
    [
      'a dust sensor (SDS011: sum of the six in the middle, then an end byte)',
      { bytes: 10, start: 'aa c0', end: 'ab', checksum: { kind: 'sum8', from: 2, at: 8 } },
      'aa c0 d4 04 3a 0a a1 60 1d ab',
    ],
    ['a Modbus answer', { bytes: 7, checksum: { kind: 'crc16-modbus', from: 0 } }, '01 03 02 00 0a 38 43'],
  ])('takes the frame of %s', (_name, rules, frame) => {
    expect(framesOf(rules, hex(frame))).toEqual([hex(frame)]);
    const wrong = hex(frame);
    wrong[3]! ^= 1;
    expect(framesOf(rules, wrong)).toEqual([NO_FRAME]);
  });

  const start = hex('aa 55');
  const rules: Rules = { bytes: 12, start: 'aa55', checksum: { kind: 'crc16-modbus', from: 0 } };

  it('gives the same frames however the bytes are cut', () => {
    const frames = Array.from({ length: 4 }, (_, n) => numbered(n, 12, start, 'crc16-modbus'));
    const bytes = Buffer.concat(frames);
    for (let cut = 0; cut <= bytes.length; cut++)
      expect(framesOf(rules, bytes.subarray(0, cut), bytes.subarray(cut))).toEqual(frames);
    expect(framesOf(rules, ...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(frames);
  });

  it('loses the one frame that lost a byte, wherever that was', () => {
    const frames = Array.from({ length: 3 }, (_, n) => numbered(n + 1, 12, start, 'crc16-modbus'));
    for (let lost = 0; lost < 12; lost++) {
      const bytes = Buffer.concat(frames);
      const kept = Buffer.concat([bytes.subarray(0, 12 + lost), bytes.subarray(13 + lost)]);
      expect(framesOf(rules, kept)).toEqual([frames[0], NO_FRAME, frames[2]]);
    }
  });

  it('tells a run of bytes without a frame once, and again after a frame', () => {
    const frame = numbered(1, 12, start, 'crc16-modbus');
    const noise = Buffer.alloc(100, 0x33);
    expect(framesOf(rules, noise, noise, frame, noise)).toEqual([NO_FRAME, frame, NO_FRAME]);
  });

  it('does not take a line that is held low for frames, although the checksum of zeros is zero', () => {
    expect(framesOf({ bytes: 4, checksum: { kind: 'xor8', from: 0 } }, Buffer.alloc(100))).toEqual([NO_FRAME]);
  });

  it('throws away what came before a pause, where pauses end frames', () => {
    const splitter = new FrameSplitter({ bytes: 4, gapMs: 50 });
    expect([...splitter.push(hex('01 02 03'), 0)]).toEqual([]);
    expect([...splitter.push(hex('04'), 49)]).toEqual([hex('01 02 03 04')]);
    expect([...splitter.push(hex('05 06'), 60)]).toEqual([]);
    expect([...splitter.push(hex('07 08 09 0a'), 110)]).toEqual([NO_FRAME, hex('07 08 09 0a')]);
  });

  it('forgets half an answer when the device is asked anew', () => {
    const splitter = new FrameSplitter({ bytes: 4, start: '01' });
    expect([...splitter.push(hex('01 02'), 0)]).toEqual([]);
    splitter.clear();
    expect([...splitter.push(hex('01 03 04 05'), 0)]).toEqual([hex('01 03 04 05')]);
  });

  it.each(['crc16-modbus', 'crc16-xmodem'] as const)(
    'gives no wrong frame by %s and loses none that came whole, through lost, doubled, changed and foreign bytes',
    (kind) => {
      const random = seededRandom(kind.length);
      const below = (limit: number) => Math.floor(random() * limit);
      // Left out: frames that could lose their end and find the same bytes at the next one's start.
      const numbers = Array.from({ length: 4_000 }, (_, n) => n).filter(
        (n) => !numbered(n, 16, start, kind).subarray(13).includes(0xaa),
      );
      let whole = 0;
      for (let round = 0; round < 300; round++) {
        const sent = numbers.slice(round * 10, round * 10 + 10).map((n) => numbered(n, 16, start, kind));
        const hurt = sent.map((frame) => {
          const at = below(16);
          switch (below(6)) {
            case 0:
              return Buffer.concat([frame.subarray(0, at), frame.subarray(at + 1 + below(3))]);
            case 1:
              return Buffer.concat([frame.subarray(0, at + 1), frame.subarray(at)]);
            case 2:
              return Buffer.from(frame.map((byte, index) => (index === at ? byte ^ (1 << below(8)) : byte)));
            case 3:
              return Buffer.concat([Buffer.from(Array.from({ length: below(40) }, () => below(256))), frame]);
            default:
              return frame;
          }
        });
        const bytes = Buffer.concat(hurt);
        const chunks: Buffer[] = [];
        for (let at = 0; at < bytes.length; ) {
          const end = at + 1 + below(30);
          chunks.push(bytes.subarray(at, end));
          at = end;
        }
        const got = framesOf({ bytes: 16, start: 'aa55', checksum: { kind, from: 0 } }, ...chunks)
          .filter((each) => each !== NO_FRAME)
          .map((each) => (each as Buffer).toString('hex'));
        const came = hurt.flatMap((piece, n) => (piece.includes(sent[n]!) ? [sent[n]!.toString('hex')] : []));
        expect(got).toEqual(came);
        whole += came.length;
      }
      expect(whole).toBeGreaterThan(1_500);
    },
  );

  it('passes a damaged frame no more often than its checksum is wide', () => {
    const random = seededRandom(256);
    for (const kind of CHECKSUMS) {
      let passed = 0;
      for (let n = 0; n < 2_000; n++) {
        const frame = numbered(n, 12, start, kind);
        for (let change = 0; change < 3; change++) frame[2 + Math.floor(random() * 8)] = Math.floor(random() * 256);
        if (frame.equals(numbered(n, 12, start, kind))) continue;
        if (framesOf({ bytes: 12, start: 'aa55', checksum: { kind, from: 0 } }, frame)[0] !== NO_FRAME) passed++;
      }
      expect(passed, kind).toBeLessThanOrEqual(checksumBytes(kind) === 1 ? 20 : kind === 'sum16' ? 12 : 1);
    }
  });

  it('holds no more than a frame between two chunks, whatever comes', () => {
    const splitter = new FrameSplitter(rules);
    const noise = Buffer.alloc(65_536, 0x33);
    const before = process.memoryUsage().arrayBuffers;
    for (let n = 0; n < 6_000; n++) for (const _ of splitter.push(noise, 0));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(200_000_000); // of 393 MB that came
  });
});
