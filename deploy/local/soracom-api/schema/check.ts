import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { ANY_REFUSAL, OPERATIONS, type Operation } from './operations.ts';
import { errorShape } from './shapes.ts';

/** An operation, with the parameters that its path held. */
export interface Asked {
  readonly operation: Operation;
  /** Percent-decoded. */
  readonly parameters: Readonly<Record<string, string>>;
}

/** The values of a query after their kinds: text, a whole number, or a list of texts. */
export type QueryValues = Readonly<Record<string, string | number | readonly string[]>>;

const PATTERNS = OPERATIONS.map((operation) => ({
  operation,
  names: [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
  pattern: new RegExp(`^${operation.path.replaceAll(/\{\w+\}/g, '([^/]+)')}$`),
}));

/**
 * Which operation a request is.
 *
 * @param path below `/v1`, without the query
 * @returns undefined where the schema has none
 */
export function operationAt(method: string, path: string): Asked | undefined {
  for (const { operation, names, pattern } of PATTERNS) {
    const found = operation.method === method ? pattern.exec(path) : null;
    if (!found) continue;
    const values = found.slice(1).map(decoded);
    if (values.some((value) => value === undefined)) return undefined;
    return { operation, parameters: Object.fromEntries(names.map((name, index) => [name, values[index]!])) };
  }
  return undefined;
}

/** What is wrong with a request's path and query, in words; its query's values otherwise. */
export function readQuery(
  { operation, parameters }: Asked,
  query: URLSearchParams,
): { readonly values: QueryValues } | { readonly wrong: readonly string[] } {
  const values: Record<string, string | number | readonly string[]> = {};
  const wrong = Object.entries(operation.parameters ?? {}).flatMap(([name, schema]) =>
    problems(schema, parameters[name], name),
  );
  for (const name of new Set(query.keys())) {
    const schema = operation.query && Object.hasOwn(operation.query, name) ? operation.query[name] : undefined;
    if (!schema) {
      wrong.push(`${name} is not a parameter of ${operation.method} ${operation.path}`);
      continue;
    }
    const given = query.getAll(name);
    const value = isList(schema) ? given : isWhole(schema) && /^\d+$/.test(given[0]!) ? Number(given[0]) : given[0]!;
    if (!isList(schema) && given.length > 1) wrong.push(`${name} is given more than once`);
    wrong.push(...problems(schema, value, name));
    values[name] = value;
  }
  return wrong.length > 0 ? { wrong } : { values };
}

/** What is wrong with a request's body, in words; empty where nothing is. */
export function bodyProblems(operation: Operation, body: unknown): readonly string[] {
  if (operation.body) return problems(operation.body, body, 'body');
  return body === undefined ? [] : [`${operation.method} ${operation.path} takes no body`];
}

/** What is wrong with an answer, in words; empty where nothing is. */
export function answerProblems(operation: Operation, status: number, body: unknown): readonly string[] {
  const { success, refusals = [] } = operation;
  if (status === success.status) {
    if (success.body) return problems(success.body, body, 'answer');
    return body === undefined ? [] : [`answer: status ${status} has no body`];
  }
  if (![...ANY_REFUSAL, ...refusals].includes(status)) return [`answer: ${operation.id} has no status ${status}`];
  return problems(errorShape, body, 'answer');
}

/** Names where and what, never the value: it may be a secret. */
function problems(schema: TSchema, value: unknown, name: string): string[] {
  return Value.Errors(schema, value).map(({ instancePath, message }) => `${name}${instancePath}: ${message}`);
}

function isList(schema: TSchema): boolean {
  return (schema as { type?: string }).type === 'array';
}

function isWhole(schema: TSchema): boolean {
  return (schema as { type?: string }).type === 'integer';
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
