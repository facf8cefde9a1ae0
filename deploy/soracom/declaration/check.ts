import type { TSchema } from 'typebox';

/** The parts of a JSON schema that the declarative files use. */
interface Node {
  readonly type?: string;
  readonly const?: unknown;
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly patternProperties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: unknown;
  readonly items?: Node;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly description?: string;
}

const MOST_SHOWN = 60;

/**
 * Every way in which a value breaks a schema, as sentences that begin with the path. Found values are shown, except
 * where `hidden` says that the place may hold a secret.
 */
export function problemsIn(
  schema: TSchema,
  value: unknown,
  hidden: (path: readonly string[]) => boolean,
  at: readonly string[] = [],
): readonly string[] {
  return check(schema as Node, value, at, hidden);
}

type Hidden = (path: readonly string[]) => boolean;

function check(node: Node, value: unknown, path: readonly string[], hidden: Hidden): readonly string[] {
  if (node.anyOf) return checkAny(node, node.anyOf, value, path, hidden);
  const wrong = () => [`${nameOf(path)} must be ${allowed(node)}, found ${found(value, path, hidden)}.`];
  if ('const' in node) return value === node.const ? [] : wrong();
  if (node.type !== undefined && typeOf(value) !== node.type) return wrong();
  if (typeof value === 'string') return isAllowedText(node, value) ? [] : wrong();
  if (Array.isArray(value))
    return node.items ? value.flatMap((item, index) => check(node.items!, item, [...path, String(index)], hidden)) : [];
  if (typeof value === 'object' && value !== null) return checkObject(node, value, path, hidden);
  return [];
}

/** Of several shapes the one that is meant: of the value's own type, with the fewest problems. */
function checkAny(node: Node, shapes: readonly Node[], value: unknown, path: readonly string[], hidden: Hidden) {
  const meant = flat(shapes).filter((shape) => shape.const === value || shape.type === typeOf(value));
  if (meant.length === 0 || typeof value !== 'object')
    return meant.some((shape) => check(shape, value, path, hidden).length === 0)
      ? []
      : [`${nameOf(path)} must be ${allowed(node)}, found ${found(value, path, hidden)}.`];
  const problems = meant.map((shape) => check(shape, value, path, hidden));
  return problems.reduce((fewest, each) => (each.length < fewest.length ? each : fewest));
}

function flat(shapes: readonly Node[]): readonly Node[] {
  return shapes.flatMap((shape) => (shape.anyOf ? flat(shape.anyOf) : [shape]));
}

function checkObject(node: Node, value: object, path: readonly string[], hidden: Hidden): readonly string[] {
  const missing = (node.required ?? [])
    .filter((key) => !Object.hasOwn(value, key))
    .map((key) => `${nameOf([...path, key])} is missing: it must be ${allowed(node.properties![key]!)}.`);
  const patterns = Object.entries(node.patternProperties ?? {});
  const children = Object.entries(value).flatMap(([key, child]) => {
    const known = Object.hasOwn(node.properties ?? {}, key)
      ? node.properties![key]
      : patterns.find(([pattern]) => new RegExp(pattern).test(key))?.[1];
    if (known) return check(known, child, [...path, key], hidden);
    if (patterns.length > 0) return [`${nameOf([...path, key])} has a name that must match ${patterns[0]![0]}.`];
    if (node.additionalProperties !== false) return [];
    const names = Object.keys(node.properties ?? {});
    return [`${nameOf([...path, key])} is unknown; there is ${names.join(', ')}.`];
  });
  return [...missing, ...children];
}

function isAllowedText({ pattern, minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Node, text: string): boolean {
  return (
    text.length >= minLength && text.length <= maxLength && (pattern === undefined || new RegExp(pattern).test(text))
  );
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  return typeof value;
}

/** What a place takes, in words. */
function allowed(node: Node): string {
  if ('const' in node) return JSON.stringify(node.const);
  if (node.anyOf) return node.description?.startsWith('a ') ? node.description : node.anyOf.map(allowed).join(' or ');
  switch (node.type) {
    case 'string':
      if (node.pattern !== undefined) return `text that matches ${node.pattern}`;
      return node.maxLength === undefined ? 'text' : `text of ${node.minLength ?? 0} to ${node.maxLength} characters`;
    case 'boolean':
      return 'true or false';
    case 'array':
      return 'a list';
    case 'null':
      return 'null';
    default:
      return 'an object';
  }
}

function found(value: unknown, path: readonly string[], hidden: Hidden): string {
  if (typeof value === 'object' && value !== null) return Array.isArray(value) ? 'a list' : 'an object';
  if (hidden(path)) return `${typeof value === 'string' ? 'text' : `a ${typeof value}`} that is not shown`;
  const text = JSON.stringify(value);
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** `sims[3].tags.pref`; a key with other signs in it stands in quotes. */
export function nameOf(path: readonly string[]): string {
  if (path.length === 0) return 'the file';
  return path.reduce((text, key) => {
    if (/^\d+$/.test(key)) return `${text}[${key}]`;
    const plain = /^[\w$-]+$/.test(key) ? key : JSON.stringify(key);
    return text === '' ? plain : `${text}.${plain}`;
  }, '');
}
