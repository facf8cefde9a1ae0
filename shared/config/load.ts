import { readFileSync } from 'node:fs';
import type { Static, TObject, TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { messageOf, TashikaError } from '../errors/index.ts';
import { parseJsonText } from './json-text.ts';
import { allowed, environmentName, isSection, type Leaf, leavesOf, nodeOf, type SchemaNode } from './schema.ts';

export interface ConfigurationSource<S extends TObject> {
  readonly schema: S;
  /** What the names of environment variables begin with, such as `TASHIKA_EDGE`. */
  readonly prefix: string;
  /** Settings that all others override, weakest first; a list in a stronger one replaces the weaker's. */
  readonly documents?: readonly object[];
  /** Path of a JSON file; none where the environment says it all. */
  readonly file?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Set by the command line; wins over the environment. */
  readonly overrides?: object;
  /** Longer prefixes that belong to another program and are left to it. */
  readonly foreignPrefixes?: readonly string[];
  /** Rules between fields: each sentence returned is a problem. */
  readonly rules?: (configuration: Static<S>) => readonly string[];
}

type Document = Record<string, unknown>;

/**
 * The configuration of a program: defaults, then documents, the file, the environment, and the command line.
 *
 * @throws TashikaError `CONFIG_UNREADABLE` when the file can't be read or is not JSON; `CONFIG_INVALID` with every
 * problem found, each naming its field, what was found and what is allowed
 */
export function loadConfiguration<S extends TObject>(source: ConfigurationSource<S>): Static<S> {
  const schema = nodeOf(source.schema);
  const leaves = leavesOf(schema, source.prefix);
  const problems: string[] = [];
  const document: Document = {};
  for (const each of source.documents ?? []) merge(document, structuredClone(each) as Document);
  if (source.file !== undefined) merge(document, readConfigurationFile(source.file));
  applyEnvironment(document, leaves, source, problems);
  merge(document, (source.overrides ?? {}) as Document);
  fillSections(schema, document);
  problems.push(...unknownKeys(schema, document, ''));
  const configuration = Value.Default(source.schema, document) as Static<S>;
  problems.push(...invalidValues(source.schema, configuration, source.prefix));
  if (problems.length === 0) problems.push(...(source.rules?.(configuration) ?? []));
  if (problems.length > 0) throw new TashikaError('CONFIG_INVALID', [...new Set(problems)].join('\n'));
  return configuration;
}

/**
 * The JSON object in a configuration file, not looked into.
 *
 * @throws TashikaError `CONFIG_UNREADABLE`
 */
export function readConfigurationFile(file: string): Record<string, unknown> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TashikaError(
      'CONFIG_UNREADABLE',
      `The configuration file ${file} can't be read (${messageOf(error)}). ${adviceOn(error)}`,
      { cause: error },
    );
  }
  try {
    const document: unknown = parseJsonText(text);
    if (isDocument(document)) return document;
  } catch (error) {
    throw new TashikaError(
      'CONFIG_UNREADABLE',
      `The configuration file ${file} is not JSON (${messageOf(error)}). Correct it there.`,
      { cause: error },
    );
  }
  throw new TashikaError(
    'CONFIG_UNREADABLE',
    `The configuration file ${file} must hold one JSON object: put its settings between { and }.`,
  );
}

function adviceOn(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'Correct the path, or make the file.';
    case 'EACCES':
      return 'Let the user that runs this read it.';
    default:
      return 'Name a file that can be read.';
  }
}

function applyEnvironment(
  document: Document,
  leaves: readonly Leaf[],
  source: Pick<ConfigurationSource<TObject>, 'prefix' | 'env' | 'foreignPrefixes'>,
  problems: string[],
): void {
  const byName = new Map(leaves.map((leaf) => [leaf.environment, leaf]));
  for (const [name, text] of Object.entries(source.env)) {
    if (!name.startsWith(`${source.prefix}_`) || text === undefined || text === '') continue;
    const leaf = byName.get(name);
    if (leaf) set(document, leaf.path, parseText(text, leaf.schema));
    else if (!source.foreignPrefixes?.some((prefix) => name.startsWith(`${prefix}_`)))
      problems.push(`${name} sets nothing: no setting has that name.${suggestion(name, byName.keys())}`);
  }
}

/** Environment text as the setting's type; what does not parse is left as text for the schema to refuse. */
function parseText(text: string, schema: SchemaNode): unknown {
  const types = schema.anyOf?.map((each) => each.type) ?? [schema.type];
  if (types.includes('number') || types.includes('integer')) {
    const number = Number(text);
    if (text.trim() !== '' && Number.isFinite(number)) return number;
  }
  if (types.includes('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  if (types.includes('array') || types.includes('object')) {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  }
  return text;
}

function set(document: Document, path: string, value: unknown): void {
  const keys = path.split('.');
  const last = keys.pop()!;
  let section = document;
  for (const key of keys) {
    if (!isDocument(section[key])) section[key] = {};
    section = section[key] as Document;
  }
  section[last] = value;
}

function merge(into: Document, from: Document): void {
  for (const [key, value] of Object.entries(from)) {
    if (value === undefined) continue;
    if (isDocument(value) && isDocument(into[key])) merge(into[key], value);
    else into[key] = value;
  }
}

/** Required sections exist even when nothing in them is set, so that their defaults apply. */
function fillSections(schema: SchemaNode, document: Document): void {
  for (const [key, child] of Object.entries(schema.properties ?? {})) {
    if (!isSection(child)) continue;
    if (document[key] === undefined && schema.required?.includes(key)) document[key] = {};
    if (isDocument(document[key])) fillSections(child, document[key]);
  }
}

/** The settings of a document, and of the lists in it, that only the device itself may set. */
export function localSettingsIn(schema: TSchema, document: object): readonly string[] {
  return localIn(nodeOf(schema), document, '');
}

function localIn(schema: SchemaNode, value: unknown, path: string): string[] {
  if (schema.local) return [path];
  if (Array.isArray(value)) {
    const { items } = schema;
    return items ? value.flatMap((item, index) => localIn(items, item, `${path}[${index}]`)) : [];
  }
  if (!isDocument(value)) return [];
  if (schema.anyOf) return [...new Set(schema.anyOf.flatMap((each) => localIn(each, value, path)))];
  return Object.entries(value).flatMap(([key, child]) => {
    const known = schema.properties?.[key];
    return known ? localIn(known, child, path === '' ? key : `${path}.${key}`) : [];
  });
}

function unknownKeys(schema: SchemaNode, value: unknown, path: string): string[] {
  if (Array.isArray(value) && schema.items) {
    const items = schema.items;
    return value.flatMap((item, index) => unknownKeys(items, item, `${path}[${index}]`));
  }
  if (!isDocument(value)) return [];
  if (schema.anyOf) {
    const alternatives = schema.anyOf.map((each) => unknownKeys(each, value, path));
    return alternatives.find((problems) => problems.length === 0) ?? alternatives[0] ?? [];
  }
  const properties = schema.properties;
  if (!properties) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const known = properties[key];
    if (known === undefined) return [`${name} is not a setting.${suggestion(key, Object.keys(properties))}`];
    return unknownKeys(known, child, name);
  });
}

function invalidValues(schema: TObject, configuration: unknown, prefix: string): string[] {
  const problems: string[] = [];
  const named = new Set<string>();
  for (const error of Value.Errors(schema, configuration)) {
    if (error.keyword === 'boolean' || error.keyword === 'additionalProperties') continue; // unknownKeys names these
    const path = error.instancePath.split('/').slice(1);
    if (error.keyword === 'required') {
      for (const key of error.params.requiredProperties) {
        const name = display([...path, key]);
        const node = descend(nodeOf(schema), [...path, key]);
        problems.push(
          `${name} is missing: it must be ${node ? allowed(node) : 'set'}.${environmentHint(nodeOf(schema), prefix, name)}`,
        );
      }
      continue;
    }
    const name = display(path);
    if (named.has(name)) continue;
    named.add(name);
    const node = descend(nodeOf(schema), path);
    const found = node?.secret ? 'something else (hidden)' : JSON.stringify(valueAt(configuration, path));
    problems.push(
      `${name} must be ${node ? allowed(node) : error.message}, found ${found}.${environmentHint(nodeOf(schema), prefix, name)}`,
    );
  }
  return problems;
}

function environmentHint(schema: SchemaNode, prefix: string, name: string): string {
  const known = leavesOf(schema, prefix).some((leaf) => leaf.path === name);
  return known ? ` (environment: ${environmentName(prefix, name)})` : '';
}

function display(path: readonly string[]): string {
  return path.reduce((text, key) => (/^\d+$/.test(key) ? `${text}[${key}]` : text === '' ? key : `${text}.${key}`), '');
}

function descend(schema: SchemaNode | undefined, path: readonly string[]): SchemaNode | undefined {
  return path.reduce<SchemaNode | undefined>(
    (node, key) => (node?.items && /^\d+$/.test(key) ? node.items : node?.properties?.[key]),
    schema,
  );
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Document | undefined)?.[key], document);
}

/** The closest known name, where one is close enough to be a slip of the finger. */
function suggestion(name: string, known: Iterable<string>): string {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 4)) + 1;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best === undefined ? '' : ` Did you mean ${best}?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(next[j - 1]! + 1, row[j]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
