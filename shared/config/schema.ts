import type { TSchema } from 'typebox';

/** The parts of a JSON schema that configuration uses; `unit`, `says`, `secret` and `local` are annotations of ours. */
export interface SchemaNode {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly anyOf?: readonly SchemaNode[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly description?: string;
  readonly unit?: string;
  readonly secret?: boolean;
  /** Only the device itself may set it: its file and its environment, not what is served to it. */
  readonly local?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  /** What `pattern` allows, as a person would say it. */
  readonly says?: string;
  readonly minItems?: number;
  readonly maxItems?: number;
}

/** One setting: not a section, but a value that the environment can set. */
export interface Leaf {
  /** Dotted path, as in the configuration file. */
  readonly path: string;
  readonly environment: string;
  readonly schema: SchemaNode;
  readonly required: boolean;
}

export function nodeOf(schema: TSchema): SchemaNode {
  return schema as SchemaNode;
}

/** A section groups settings; anything else is a setting itself. */
export function isSection(schema: SchemaNode): boolean {
  return schema.type === 'object' && schema.properties !== undefined;
}

/** `eventHubs.connectionString` under `TASHIKA_CLOUD` is `TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING`. */
export function environmentName(prefix: string, path: string): string {
  return `${prefix}_${path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll('.', '_')
    .toUpperCase()}`;
}

/** Every setting of a schema, in the schema's own order. */
export function leavesOf(schema: SchemaNode, prefix: string, path = '', required = true): readonly Leaf[] {
  if (!isSection(schema)) return [{ path, environment: environmentName(prefix, path), schema, required }];
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) =>
    leavesOf(child, prefix, path === '' ? key : `${path}.${key}`, schema.required?.includes(key) ?? false),
  );
}

/** What a setting takes, in words: `a whole number from 1 to 10, in ms`. */
export function allowed(schema: SchemaNode): string {
  const unit = schema.unit === undefined ? '' : `, in ${schema.unit}`;
  return `${kind(schema)}${bounds(schema)}${unit}`;
}

function kind(schema: SchemaNode): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.anyOf) return schema.anyOf.map(kind).join(' or ');
  switch (schema.type) {
    case 'integer':
      return 'a whole number';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'object':
      return 'an object';
    default:
      if (schema.says !== undefined) return schema.says;
      if (!schema.minLength) return 'text';
      return schema.minLength === 1 ? 'text that is not empty' : `text of at least ${schema.minLength} characters`;
  }
}

function bounds(schema: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, pattern, says, minItems, maxItems } = schema;
  const parts: string[] = [];
  if (minimum !== undefined && maximum !== undefined) parts.push(` from ${minimum} to ${maximum}`);
  else if (minimum !== undefined) parts.push(` of at least ${minimum}`);
  else if (maximum !== undefined) parts.push(` of at most ${maximum}`);
  if (exclusiveMinimum !== undefined) parts.push(` above ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined) parts.push(` below ${exclusiveMaximum}`);
  if (minItems !== undefined && minItems === maxItems) parts.push(` of ${minItems}`);
  else if (minItems !== undefined) parts.push(` of at least ${minItems}`);
  if (pattern !== undefined && says === undefined) parts.push(` that matches ${pattern}`);
  return parts.join('');
}
