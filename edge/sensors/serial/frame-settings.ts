import Type, { type Static } from 'typebox';
import { bytesOf, NUMBER_TYPES } from '../binary-values.ts';
import { oneOf, unit } from '../source-settings.ts';
import { CHECKSUMS, checksumBytes } from './checksum.ts';

const bytesInHex = (description: string) =>
  Type.Optional(
    Type.String({ description, pattern: '^([0-9a-fA-F]{2} ?){1,16}$', says: '1 to 16 bytes in hex, such as 42 4d' }),
  );

const byteOrder = (description: string) =>
  Type.Union([Type.Literal('big'), Type.Literal('little')], { description, default: 'big' });

const layoutSchema = Type.Object({
  field: Type.String({ description: 'Name of the field.', minLength: 1 }),
  at: Type.Integer({ description: 'Its first byte, counted from 0.', minimum: 0, maximum: 1_023 }),
  type: oneOf([...NUMBER_TYPES, 'bit', 'bits', 'bcd'] as const, {
    description:
      '`u`, `i` and `f` are unsigned, signed and floating; `bit` is true or false, `bits` a number of a few bits, `bcd` two decimal digits a byte.',
  }),
  byteOrder: byteOrder('Which byte comes first: the highest, or the lowest.'),
  bit: Type.Integer({
    description: 'For `bit` and `bits`: the lowest bit, counted from 0 in the byte, or in the bytes taken together.',
    default: 0,
    minimum: 0,
    maximum: 31,
  }),
  length: Type.Integer({
    description: 'For `bits`: how many bits; for `bcd`: how many bytes.',
    default: 1,
    minimum: 1,
    maximum: 32,
  }),
  scale: Type.Number({ description: 'The reading is the number × `scale` + `offset`.', default: 1 }),
  offset: Type.Number({ description: 'See `scale`.', default: 0 }),
  unit,
});

const checksumSchema = Type.Object(
  {
    kind: oneOf(CHECKSUMS, {
      description: 'How it is computed. `sum8-negated` makes the sum of all bytes zero.',
    }),
    from: Type.Integer({
      description: 'The first byte that it covers; it covers all from there to itself.',
      default: 0,
      minimum: 0,
      maximum: 1_023,
    }),
    at: Type.Optional(
      Type.Integer({ description: 'Its own place; the end of the frame if left out.', minimum: 1, maximum: 1_023 }),
    ),
    byteOrder: Type.Optional(
      Type.Union([Type.Literal('big'), Type.Literal('little')], {
        description: "Of two bytes, which comes first; left out: `little` for Modbus' CRC, `big` for the others.",
      }),
    ),
  },
  { description: 'What shows that a frame came whole. Without it, changed bytes are wrong readings.' },
);

/** The layout of a frame of fixed length. */
export const frameSchema = Type.Object(
  {
    bytes: Type.Integer({
      description: 'Length of a frame, everything included.',
      unit: 'bytes',
      minimum: 1,
      maximum: 1_024,
    }),
    start: bytesInHex('The bytes that every frame begins with, in hex: `42 4d`.'),
    end: bytesInHex('The bytes that every frame ends with, in hex.'),
    checksum: Type.Optional(checksumSchema),
    gapMs: Type.Optional(
      Type.Integer({
        description:
          'A pause of so long ends a frame: what came before it and is no whole frame is thrown away. For devices that pause between frames.',
        unit: 'ms',
        minimum: 5,
        maximum: 60_000,
      }),
    ),
    layout: Type.Array(layoutSchema, { description: 'What stands in a frame.', minItems: 1 }),
  },
  { description: 'What a frame of the format `binary` is.' },
);

export type FrameConfiguration = Static<typeof frameSchema>;
export type LayoutField = Static<typeof layoutSchema>;

/** How many bytes a field takes. */
export function fieldBytes({ type, bit, length }: LayoutField): number {
  if (type === 'bcd') return length;
  if (type === 'bit') return Math.floor(bit / 8) + 1;
  if (type === 'bits') return Math.ceil((bit + length) / 8);
  return bytesOf(type);
}

/** What is wrong with a frame's description, a sentence each. */
export function frameProblems(frame: FrameConfiguration): string[] {
  const { bytes, start, end, checksum, gapMs, layout } = frame;
  const problems: string[] = [];
  if (start === undefined && checksum === undefined && gapMs === undefined)
    problems.push('frame needs start, checksum or gapMs: without them nobody can tell where a frame begins.');
  if (bytesOfHex(start).length + bytesOfHex(end).length > bytes)
    problems.push('frame.start and frame.end are longer than frame.bytes.');
  if (checksum) {
    const length = checksumBytes(checksum.kind);
    const at = checksum.at ?? bytes - length;
    if (at + length > bytes || at < 0) problems.push('frame.checksum.at lies outside of the frame.');
    else if (checksum.from >= at) problems.push('frame.checksum.from must come before the checksum itself.');
  }
  for (const field of layout) {
    if (field.at + fieldBytes(field) > bytes)
      problems.push(`frame.layout ${field.field} ends after the frame's ${bytes} bytes.`);
    if (field.type === 'bits' && field.bit + field.length > 32)
      problems.push(`frame.layout ${field.field} has bits beyond the 32nd.`);
    if (field.type === 'bcd' && field.length > 7)
      problems.push(`frame.layout ${field.field} has more than 14 decimal digits.`);
  }
  const names = layout.map(({ field }) => field);
  for (const name of new Set(names.filter((each, index) => names.indexOf(each) !== index)))
    problems.push(`frame.layout names ${name} twice.`);
  return problems;
}

/** The bytes that a text such as `42 4d` says. */
export function bytesOfHex(text = ''): Buffer {
  return Buffer.from(text.replaceAll(' ', ''), 'hex');
}
