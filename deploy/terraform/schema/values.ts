import { createHash } from 'node:crypto';
import { decode, ExtData, encode } from '@msgpack/msgpack';
import type { Attribute, Block, ValueType } from './provider-schema.ts';

/** A value of Terraform's type system as it is on the wire: null, a scalar, a list, an object, or what is not known yet. */
export type Value = unknown;
export type ObjectValue = Readonly<Record<string, Value>>;

/** A value that only applying will tell (hashicorp/terraform, docs/plugin-protocol/object-wire-format.md). */
export const UNKNOWN = new ExtData(0, new Uint8Array([0]));

/** What `DynamicValue` holds. */
export interface DynamicValue {
  readonly msgpack: Uint8Array;
}

export function decodeValue({ msgpack }: DynamicValue): ObjectValue | null {
  return decode(msgpack) as ObjectValue | null;
}

export function encodeValue(value: Value): DynamicValue {
  return { msgpack: encode(value) };
}

/** `value` with `attribute` put through each attribute of the block and of those that it holds. */
function mapAttributes(
  block: Block,
  value: ObjectValue,
  attribute: (value: Value, schema: Attribute, name: string) => Value,
): ObjectValue {
  const mapped: Record<string, Value> = {};
  for (const [name, schema] of Object.entries(block.attributes ?? {}))
    mapped[name] = attribute(value[name] ?? null, schema, name);
  for (const [name, { block: inner }] of Object.entries(block.block_types ?? {})) {
    const held = value[name] ?? null;
    const one = (each: Value) => (isObject(each) ? mapAttributes(inner, each, attribute) : each);
    mapped[name] = Array.isArray(held) ? held.map(one) : one(held);
  }
  return mapped;
}

function isObject(value: Value): value is ObjectValue {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExtData);
}

/**
 * What a provider plans when it is asked for `proposed`: on creating, what it computes itself is not known yet; on
 * changing, it stays as it was. What is write-only is in no plan.
 */
export function plannedValue(block: Block, prior: ObjectValue | null, proposed: ObjectValue | null): Value {
  if (proposed === null) return null;
  return mapAttributes(block, proposed, (value, { computed, write_only }) => {
    if (write_only) return null;
    return prior === null && computed && value === null ? UNKNOWN : value;
  });
}

/**
 * What is there after `planned` was applied: whatever was not known is made up out of the resource's type and its
 * arguments, so that the same resource has the same id each time.
 */
export function appliedValue(type: string, block: Block, planned: ObjectValue | null): Value {
  if (planned === null) return null;
  const told = JSON.stringify(planned, (_, value) => (value instanceof ExtData ? undefined : value));
  const digest = createHash('sha256').update(told).digest('hex').slice(0, 12);
  return mapAttributes(block, planned, (value, schema, name) =>
    value instanceof ExtData ? madeUp(schema.type, [name, digest, type]) : value,
  );
}

/** `config` of a data source with what it computes: out of `answers` where they have it, made up otherwise. */
export function readValue(type: string, block: Block, config: ObjectValue, answers: ObjectValue): Value {
  return mapAttributes(block, config, (value, schema, name) => {
    if (value !== null || !schema.computed) return value;
    return answers[name] ?? madeUp(schema.type, [name, type]);
  });
}

/** A text of the form of a host's name, which passes for an id, a name or an address. */
function madeUp(type: ValueType, parts: readonly string[]): Value {
  if (type === 'string') return `${parts.join('.').replaceAll('_', '-')}.example`;
  if (type === 'number') return 0;
  if (type === 'bool') return false;
  if (typeof type === 'string') return null;
  return type[0] === 'map' ? {} : [];
}
