import { join } from 'node:path';
import type { Base } from './base.ts';
import { offencesOf, sentenceOf } from './only-tightens.ts';
import type { OpaSurroundings } from './opa.ts';
import { type ParameterValues, tighten } from './parameters.ts';
import { parseModule } from './parse-module.ts';
import { filesIn, isTest, readJson, refusal } from './rego-files.ts';

/** A team's policy that can only make the base stricter. */
export interface Team {
  readonly directory: string;
  readonly modules: readonly string[];
  readonly tests: readonly string[];
  /** All parameters, those of the base at least as strict. */
  readonly parameters: ParameterValues;
}

const PARAMETERS = 'parameters.json';

/**
 * Reads a team's folder, and takes it only if nothing in it could widen what the base allows.
 *
 * @throws TashikaError `POLICY_INVALID` with file and line; `POLICY_LOOSENED` with what would loosen, and its rule;
 *   `TOOL_MISSING`
 */
export async function loadTeam(directory: string, base: Base, surroundings: OpaSurroundings): Promise<Team> {
  const names = await filesIn(directory);
  const foreign = names.filter((name) => !name.endsWith('.rego') && name !== PARAMETERS && !/^(\.|readme)/i.test(name));
  if (foreign.length > 0)
    throw refusal(
      'POLICY_LOOSENED',
      foreign.map((name) => `${join(directory, name)}: ${foreignReason(name)}`),
    );
  const files = names.filter((name) => name.endsWith('.rego')).map((name) => join(directory, name));
  const modules = files.filter((name) => !isTest(name));
  const parsed = await Promise.all(modules.map((file) => parseModule(file, surroundings)));
  const offences = parsed.flatMap((module, index) => offencesOf(modules[index]!, module).map(sentenceOf));
  const { values, refusals } = tighten(base.parameters, await readParameters(directory));
  const refused = [
    ...offences,
    ...refusals.map((each) => `${join(directory, PARAMETERS)}: ${nameOf(each.name, base)} ${each.what}`),
  ];
  if (refused.length > 0) throw refusal('POLICY_LOOSENED', refused);
  return { directory, modules, tests: files.filter(isTest), parameters: values };
}

async function readParameters(directory: string): Promise<Readonly<Record<string, unknown>>> {
  const document = (await readJson(directory, PARAMETERS)) ?? {};
  if (typeof document === 'object' && document !== null && !Array.isArray(document))
    return document as Readonly<Record<string, unknown>>;
  throw refusal('POLICY_INVALID', [`${join(directory, PARAMETERS)}: It is no JSON object of names and values.`]);
}

/** A parameter, with the rules that go by it. */
function nameOf(parameter: string, { rules }: Base): string {
  const ids = rules.filter(({ parameters }) => parameters.includes(parameter)).map(({ id }) => id);
  return ids.length === 0 ? `parameter ${parameter}` : `parameter ${parameter} (of rule ${ids.join(', ')})`;
}

function foreignReason(name: string): string {
  if (/exception/i.test(name)) return 'exceptions live in the base; ask the platform team for one.';
  return `a team's folder holds .rego files and ${PARAMETERS}.`;
}
