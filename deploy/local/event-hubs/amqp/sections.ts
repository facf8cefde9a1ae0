import { AmqpFault, Condition } from './fault.ts';

/** Descriptor codes of a message's sections: AMQP 1.0, part 3, section 3.2. */
export const SectionCode = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  data: 0x75,
  value: 0x77,
} as const;

/** A section of an encoded message. */
export interface Section {
  readonly code: number;
  readonly start: number;
  readonly end: number;
  /** Where the section's value begins, after its descriptor. */
  readonly valueAt: number;
}

/**
 * Finds a message's sections without decoding what is in them.
 *
 * @throws AmqpFault amqp:decode-error for bytes that are no message
 */
export function sectionsOf(encoded: Buffer): Section[] {
  const sections: Section[] = [];
  try {
    for (let start = 0; start < encoded.length; ) {
      const valueAt = start + 1 + sizeAt(encoded, start + 1);
      const end = start + sizeAt(encoded, start);
      if (encoded[start] !== 0 || end > encoded.length) throw new RangeError('cut short');
      sections.push({ code: descriptorCode(encoded, start + 1), start, end, valueAt });
      start = end;
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AmqpFault(Condition.decodeError, 'The message is not an encoded AMQP message.');
  }
  return sections;
}

/** The bytes of a data section. */
export function dataOf(encoded: Buffer, section: Section): Buffer {
  const at = section.valueAt;
  if (encoded[at] === 0xa0) return encoded.subarray(at + 2, section.end);
  if (encoded[at] === 0xb0) return encoded.subarray(at + 5, section.end);
  throw new AmqpFault(Condition.decodeError, 'A data section that is not binary.');
}

/** The pairs of a section that is a map: each key's text, and where key and value stand. */
export function pairsOf(
  encoded: Buffer,
  section: Section,
): { key: string; keyAt: number; valueAt: number; end: number }[] {
  const code = encoded[section.valueAt];
  if (code !== 0xc1 && code !== 0xd1) throw new AmqpFault(Condition.decodeError, 'Annotations that are not a map.');
  const wide = code === 0xd1;
  const count = wide ? encoded.readUInt32BE(section.valueAt + 5) : encoded[section.valueAt + 2]!;
  const pairs = [];
  for (let index = 0, at = section.valueAt + (wide ? 9 : 3); index + 1 < count; index += 2) {
    const valueAt = at + sizeAt(encoded, at);
    const end = valueAt + sizeAt(encoded, valueAt);
    if (end > section.end) throw new AmqpFault(Condition.decodeError, 'Annotations that are cut short.');
    pairs.push({ key: textAt(encoded, at) ?? '', keyAt: at, valueAt, end });
    at = end;
  }
  return pairs;
}

/** The text of a string or symbol; undefined for a value of another type. */
export function textAt(encoded: Buffer, at: number): string | undefined {
  switch (encoded[at]) {
    case 0xa1:
    case 0xa3:
      return encoded.toString('utf8', at + 2, at + 2 + encoded[at + 1]!);
    case 0xb1:
    case 0xb3:
      return encoded.toString('utf8', at + 5, at + 5 + encoded.readUInt32BE(at + 1));
    default:
      return undefined;
  }
}

/** The bytes that the value at `at` takes: told by its constructor's upper half (part 1, section 1.2). */
function sizeAt(encoded: Buffer, at: number): number {
  const typeCode = encoded.readUInt8(at);
  if (typeCode === 0) {
    const descriptor = sizeAt(encoded, at + 1);
    return 1 + descriptor + sizeAt(encoded, at + 1 + descriptor);
  }
  switch (typeCode >> 4) {
    case 0x4:
      return 1;
    case 0x5:
      return 2;
    case 0x6:
      return 3;
    case 0x7:
      return 5;
    case 0x8:
      return 9;
    case 0x9:
      return 17;
    case 0xa:
    case 0xc:
    case 0xe:
      return 2 + encoded.readUInt8(at + 1);
    case 0xb:
    case 0xd:
    case 0xf:
      return 5 + encoded.readUInt32BE(at + 1);
    default:
      throw new AmqpFault(Condition.decodeError, `0x${typeCode.toString(16)} is no AMQP type.`);
  }
}

const SYMBOLIC_CODES: Readonly<Record<string, number>> = {
  'amqp:header:list': 0x70,
  'amqp:delivery-annotations:map': 0x71,
  'amqp:message-annotations:map': 0x72,
  'amqp:properties:list': 0x73,
  'amqp:application-properties:map': 0x74,
  'amqp:data:binary': 0x75,
  'amqp:amqp-sequence:list': 0x76,
  'amqp:amqp-value:*': 0x77,
  'amqp:footer:map': 0x78,
};

function descriptorCode(encoded: Buffer, at: number): number {
  if (encoded[at] === 0x53) return encoded.readUInt8(at + 1);
  if (encoded[at] === 0x80) return encoded.readUInt32BE(at + 5);
  const code = SYMBOLIC_CODES[textAt(encoded, at) ?? ''];
  if (code === undefined) throw new AmqpFault(Condition.decodeError, 'A section with an unknown descriptor.');
  return code;
}
