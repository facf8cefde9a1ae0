import {
  isAtLeastAsStrict,
  isOf,
  LATTICES,
  type Lattice,
  meet,
  type ParameterValue,
  strictness,
  typeOf,
} from './lattice.ts';

/** A number, list or switch of the base that its rules go by. */
export interface Parameter {
  readonly lattice: Lattice;
  readonly value: ParameterValue;
  readonly title: string;
}

export type Parameters = Readonly<Record<string, Parameter>>;

/** Name to value, as rules read them. */
export type ParameterValues = Readonly<Record<string, ParameterValue>>;

/** What a team's parameters come to, and what of them was refused. */
export interface Tightened {
  readonly values: ParameterValues;
  /** What would loosen, or can't be; empty when all of them tighten. */
  readonly refusals: readonly { readonly name: string; readonly what: string }[];
}

/** The base's own parameters, as its file has them, and sentences of what is wrong. */
export function parseParameters(document: unknown): {
  readonly parameters: Parameters;
  readonly wrong: readonly string[];
} {
  if (!isRecord(document)) return { parameters: {}, wrong: ['it is no JSON object of parameters.'] };
  const wrong = Object.entries(document).flatMap(([name, parameter]) => {
    if (!isRecord(parameter) || !LATTICES.includes(parameter.lattice as Lattice))
      return [`${name} has no lattice; there are ${LATTICES.join(', ')}.`];
    const lattice = parameter.lattice as Lattice;
    if (!isOf(lattice, parameter.value)) return [`${name} is of the lattice ${lattice} and takes ${typeOf(lattice)}.`];
    return typeof parameter.title === 'string' ? [] : [`${name} has no title.`];
  });
  return { parameters: wrong.length > 0 ? {} : (document as unknown as Parameters), wrong };
}

export function valuesOf(parameters: Parameters): ParameterValues {
  return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]));
}

/**
 * What a team's parameters make of the base's: for each the strictest of both. A value that would loosen is refused and
 * named, although the meet would have no effect, for somebody meant it to have one.
 *
 * @param team name to value
 */
export function tighten(base: Parameters, team: Readonly<Record<string, unknown>>): Tightened {
  const refusals: { name: string; what: string }[] = [];
  const values: Record<string, ParameterValue> = { ...valuesOf(base) };
  for (const [name, value] of Object.entries(team)) {
    const parameter = Object.hasOwn(base, name) ? base[name] : undefined;
    const what = parameter ? refusalOf(parameter, value) : `is none; there are ${Object.keys(base).sort().join(', ')}.`;
    if (what !== undefined) refusals.push({ name, what });
    else values[name] = meet(parameter!.lattice, parameter!.value, value as ParameterValue);
  }
  return { values, refusals };
}

function refusalOf({ lattice, value: of }: Parameter, value: unknown): string | undefined {
  if (!isOf(lattice, value)) return `takes ${typeOf(lattice)}, found ${JSON.stringify(value)}.`;
  if (isAtLeastAsStrict(lattice, value, of)) return undefined;
  return `would be loosened from ${JSON.stringify(of)} to ${JSON.stringify(value)}; ${strictness(lattice)}.`;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
