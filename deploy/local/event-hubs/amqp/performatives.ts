import { composite, type Typed, types } from './codec.ts';
import type { AmqpErrorFields, Performative, PerformativeName, Performatives } from './performative-fields.ts';

type FieldType =
  | 'binary'
  | 'boolean'
  | 'error'
  | 'string'
  | 'symbol'
  | 'symbols'
  | 'symbolicMap'
  | 'ubyte'
  | 'uint'
  | 'ulong'
  | 'ushort'
  | 'value';

type Field = readonly [name: string, type: FieldType, byDefault?: unknown];

const CAPABILITIES: readonly Field[] = [
  ['offeredCapabilities', 'symbols'],
  ['desiredCapabilities', 'symbols'],
  ['properties', 'symbolicMap'],
];

/**
 * Every performative with every field in order: AMQP 1.0, part 2, section 2.7, and part 5, section 5.3.3.
 *
 * Event Hubs writes every field, defaults included, and clients rely on it: Python's reads fields by
 * position and applies no default, so a list that ends early, as the standard allows, makes it fail.
 * Hence a performative is encoded here and nowhere else, all of its fields always.
 */
const PERFORMATIVES: {
  readonly [Name in PerformativeName]: { readonly code: number; readonly fields: readonly Field[] };
} = {
  open: {
    code: 0x10,
    fields: [
      ['containerId', 'string'],
      ['hostname', 'string'],
      ['maxFrameSize', 'uint', 0xffffffff],
      ['channelMax', 'ushort', 0xffff],
      ['idleTimeoutMs', 'uint'],
      ['outgoingLocales', 'symbols'],
      ['incomingLocales', 'symbols'],
      ...CAPABILITIES,
    ],
  },
  begin: {
    code: 0x11,
    fields: [
      ['remoteChannel', 'ushort'],
      ['nextOutgoingId', 'uint'],
      ['incomingWindow', 'uint'],
      ['outgoingWindow', 'uint'],
      ['handleMax', 'uint', 0xffffffff],
      ...CAPABILITIES,
    ],
  },
  attach: {
    code: 0x12,
    fields: [
      ['name', 'string'],
      ['handle', 'uint'],
      ['role', 'boolean'],
      ['sndSettleMode', 'ubyte', 2],
      ['rcvSettleMode', 'ubyte', 0],
      ['source', 'value'],
      ['target', 'value'],
      ['unsettled', 'symbolicMap'],
      ['incompleteUnsettled', 'boolean', false],
      ['initialDeliveryCount', 'uint'],
      ['maxMessageSize', 'ulong'],
      ...CAPABILITIES,
    ],
  },
  flow: {
    code: 0x13,
    fields: [
      ['nextIncomingId', 'uint'],
      ['incomingWindow', 'uint'],
      ['nextOutgoingId', 'uint'],
      ['outgoingWindow', 'uint'],
      ['handle', 'uint'],
      ['deliveryCount', 'uint'],
      ['linkCredit', 'uint'],
      ['available', 'uint'],
      ['drain', 'boolean', false],
      ['echo', 'boolean', false],
      ['properties', 'symbolicMap'],
    ],
  },
  transfer: {
    code: 0x14,
    fields: [
      ['handle', 'uint'],
      ['deliveryId', 'uint'],
      ['deliveryTag', 'binary'],
      ['messageFormat', 'uint'],
      ['settled', 'boolean'],
      ['more', 'boolean', false],
      ['rcvSettleMode', 'ubyte'],
      ['state', 'value'],
      ['resume', 'boolean', false],
      ['aborted', 'boolean', false],
      ['batchable', 'boolean', false],
    ],
  },
  disposition: {
    code: 0x15,
    fields: [
      ['role', 'boolean'],
      ['first', 'uint'],
      ['last', 'uint'],
      ['settled', 'boolean', false],
      ['state', 'value'],
      ['batchable', 'boolean', false],
    ],
  },
  detach: {
    code: 0x16,
    fields: [
      ['handle', 'uint'],
      ['closed', 'boolean', false],
      ['error', 'error'],
    ],
  },
  end: { code: 0x17, fields: [['error', 'error']] },
  close: { code: 0x18, fields: [['error', 'error']] },
  saslMechanisms: { code: 0x40, fields: [['mechanisms', 'symbols']] },
  saslInit: { code: 0x41, fields: [['mechanism', 'symbol']] },
  saslOutcome: {
    code: 0x44,
    fields: [
      ['code', 'ubyte'],
      ['additionalData', 'binary'],
    ],
  },
};

const NAMES = new Map<number | string, PerformativeName>(
  (Object.keys(PERFORMATIVES) as PerformativeName[]).flatMap((name) => [
    [PERFORMATIVES[name].code, name],
    [`amqp:${name.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`)}:list`, name],
  ]),
);

/** The performative as a value, with all of its fields; a field that is not given is written with its default, or as null. */
export function performativeValue<Name extends PerformativeName>(
  name: Name,
  given: Partial<Performatives[Name]>,
): Typed {
  const { code, fields } = PERFORMATIVES[name];
  const byName = given as Readonly<Record<string, unknown>>;
  return composite(
    code,
    fields.map(([field, type, byDefault]) => wrap(type, byName[field] ?? byDefault)),
  );
}

/** The fields of a performative that came in, defaults filled in; undefined for a value that is none. */
export function readPerformative(value: Typed): Performative | undefined {
  const name = NAMES.get(value.descriptor?.value as number | string);
  if (name === undefined || !Array.isArray(value.value)) return undefined;
  const values = value.value as readonly Typed[];
  const fields = Object.fromEntries(
    PERFORMATIVES[name].fields.map(([field, type, byDefault], index) => [
      field,
      unwrap(type, values[index]) ?? byDefault ?? null,
    ]),
  );
  return { name, fields } as unknown as Performative;
}

function wrap(type: FieldType, value: unknown): Typed {
  if (value === undefined || value === null) return types.Null();
  switch (type) {
    case 'binary':
      return types.wrap_binary(value as Buffer);
    case 'boolean':
      return types.wrap_boolean(value as boolean);
    case 'error':
      return errorValue(value as AmqpErrorFields);
    case 'string':
      return types.wrap_string(value as string);
    case 'symbol':
      return types.wrap_symbol(value as string);
    case 'symbols':
      return types.wrap_array(value as readonly string[], 0xa3);
    case 'symbolicMap':
      return types.wrap_symbolic_map(value);
    case 'ubyte':
      return types.wrap_ubyte(value as number);
    case 'uint':
      return types.wrap_uint(value as number);
    case 'ulong':
      return types.wrap_ulong(value as number);
    case 'ushort':
      return types.wrap_ushort(value as number);
    case 'value':
      return value as Typed;
  }
}

function unwrap(type: FieldType, value: Typed | undefined): unknown {
  if (value === undefined || value.value === null) return undefined;
  if (type === 'value') return value;
  if (type === 'error') {
    const [condition, description] = (value.value as readonly Typed[]).map((each) => types.unwrap(each));
    return { condition: String(condition), description: description === undefined ? null : description };
  }
  const plain = types.unwrap(value);
  if (type === 'symbols') return Array.isArray(plain) ? plain.map(String) : [String(plain)];
  return plain;
}

/** An AMQP error as a value. */
export function errorValue(error: AmqpErrorFields): Typed {
  return composite(0x1d, [
    types.wrap_symbol(error.condition),
    error.description === null ? types.Null() : types.wrap_string(error.description),
    types.Null(),
  ]);
}
