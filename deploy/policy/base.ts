import { join } from 'node:path';
import { type Exception, parseExceptions } from './exceptions.ts';
import type { OpaSurroundings } from './opa.ts';
import { type Parameters, parseParameters } from './parameters.ts';
import { parseModule } from './parse-module.ts';
import { filesIn, isTest, readJson, refusal } from './rego-files.ts';
import type { RegoModule } from './syntax-tree.ts';

/** What a rule of the base says about itself. */
export interface PolicyRule {
  /** Kind and name, such as `terraform.tls-is-new`. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly severity: Severity;
  /** What to do about a denial. */
  readonly remedy: string;
  /** Names of the parameters that it goes by. */
  readonly parameters: readonly string[];
  /** File and line. */
  readonly place: string;
}

export const SEVERITIES = ['high', 'medium', 'low'] as const;

export type Severity = (typeof SEVERITIES)[number];

/** The organisation's own policies: rules, what they go by, and what is borne with. */
export interface Base {
  readonly directory: string;
  /** Paths of the modules, tests left out. */
  readonly modules: readonly string[];
  readonly rules: readonly PolicyRule[];
  readonly parameters: Parameters;
  readonly exceptions: readonly Exception[];
}

/**
 * Reads the base.
 *
 * @throws TashikaError `POLICY_INVALID` with file and line; `TOOL_MISSING`
 */
export async function loadBase(directory: string, surroundings: OpaSurroundings): Promise<Base> {
  const modules = (await filesIn(directory))
    .filter((name) => name.endsWith('.rego') && !isTest(name))
    .map((name) => join(directory, name));
  const parsed = await Promise.all(modules.map((file) => parseModule(file, surroundings)));
  const told = parsed.map((module, index) => rulesOf(modules[index]!, module));
  throwIfAny(told.flatMap(({ wrong }) => wrong));
  const rules = told.flatMap(({ found }) => found);
  const { parameters, wrong } = parseParameters(await readJson(directory, 'parameters.json'));
  throwIfAny(wrong, join(directory, 'parameters.json'));
  throwIfAny(rules.flatMap((rule) => unknownParameters(rule, parameters)));
  const ids = rules.map(({ id }) => id);
  const declared = parseExceptions((await readJson(directory, 'exceptions.json')) ?? [], ids);
  throwIfAny(declared.wrong, join(directory, 'exceptions.json'));
  return { directory, modules, rules, parameters, exceptions: declared.exceptions };
}

function throwIfAny(wrong: readonly string[], file?: string): void {
  if (wrong.length > 0)
    throw refusal(
      'POLICY_INVALID',
      wrong.map((each) => (file === undefined ? each : `${file}: ${each}`)),
    );
}

function unknownParameters({ id, place, parameters: named }: PolicyRule, parameters: Parameters): readonly string[] {
  return named
    .filter((name) => !Object.hasOwn(parameters, name))
    .map((name) => `${place}: ${id} goes by the parameter ${name}, which parameters.json does not have.`);
}

/** Rules that deny and say too little of themselves can't be explained, excused or, worse, deny nothing. */
function rulesOf(
  file: string,
  { package: { path }, rules = [] }: RegoModule,
): { found: PolicyRule[]; wrong: string[] } {
  const kind = String(path.at(-1)?.value);
  const found: PolicyRule[] = [];
  const wrong: string[] = [];
  for (const rule of rules.filter(({ head }) => head.ref?.[0]?.value === 'deny')) {
    const place = `${file}:${rule.location?.row ?? 1}`;
    const said = rule.annotations?.find(({ scope }) => scope === 'rule');
    const { id, severity, remedy, parameters = [] } = said?.custom ?? {};
    if (typeof id !== 'string' || !id.startsWith(`${kind}.`)) {
      wrong.push(`${place}: a deny rule without METADATA whose custom.id begins with ${kind}.`);
    } else if (!said?.title || !said.description || typeof remedy !== 'string' || !isSeverity(severity)) {
      wrong.push(
        `${place}: ${id} needs title, description, custom.remedy and custom.severity (${SEVERITIES.join(', ')}).`,
      );
    } else {
      const { title, description } = said;
      found.push({ id, title, description, severity, remedy, parameters: parameters as readonly string[], place });
    }
  }
  return { found, wrong };
}

function isSeverity(value: unknown): value is Severity {
  return SEVERITIES.some((severity) => severity === value);
}
