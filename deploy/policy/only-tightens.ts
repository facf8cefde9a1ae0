import { nodesOf, pathOf, type RegoModule, type Rule, referenceOf, type Term } from './syntax-tree.ts';

/** Something in a team's policy that would do more than deny. */
export interface Offence {
  readonly file: string;
  readonly line: number;
  /** The rule that it is in; undefined where it is in none. */
  readonly rule: string | undefined;
  readonly what: string;
}

/** Where a team's rules stand: one segment more, the team's name. */
export const TEAM_PACKAGE = 'data.tashika.team';

/** Names that would have others believe that they decide. */
const NAMES_OF_THE_BASE = /^(allow|allowed|violations?|exceptions?|excused|decision)$/;

/** What looks beyond the document that is judged: the network, the process, chance, time. */
const BEYOND_THE_INPUT = /^(http|net|opa|rand|uuid)\.|^(time\.now_ns|rego\.parse_module|trace)$/;

/**
 * What of a team's module would not only tighten. With none of it the module can't change what the base denies: it
 * defines rules of its own package alone, replaces nothing for nobody, reads the judged document and itself, and the
 * merge only ever adds its `deny`.
 *
 * @param file its name, for the sentence
 * @param module as opa parsed it
 */
export function offencesOf(file: string, module: RegoModule): readonly Offence[] {
  return [
    ...offencesOfPackage(file, module),
    ...(module.imports ?? []).flatMap((each) => offencesWithin(file, undefined, each)),
    ...(module.rules ?? []).flatMap((rule) => offencesOfRule(file, rule)),
  ];
}

/** An offence as a sentence that begins with its place. */
export function sentenceOf({ file, line, rule, what }: Offence): string {
  return `${file}:${line}: ${rule === undefined ? '' : `rule ${rule}: `}${what}`;
}

function offencesOfPackage(file: string, module: RegoModule): readonly Offence[] {
  const path = module.package.path;
  const name = pathOf(path);
  if (name.startsWith(`${TEAM_PACKAGE}.`) && path.length === 4) return [];
  // What a rule would change in a package of the base is told with the rule's name.
  const what = `it is in package ${name.replace(/^data\./, '')}; a team's rules are in a package tashika.team.NAME`;
  const rules = module.rules ?? [];
  if (rules.length === 0) return [{ file, line: 1, rule: undefined, what: `${what}.` }];
  return rules.map((rule) => ({ file, line: lineOf(rule), rule: nameOf(rule), what: `${what}.` }));
}

function offencesOfRule(file: string, rule: Rule): readonly Offence[] {
  const name = nameOf(rule);
  const offences = [...offencesWithin(file, name, rule)];
  const offence = (what: string) => offences.push({ file, line: lineOf(rule), rule: name, what });
  const [first] = name.split(/[.[]/);
  if (NAMES_OF_THE_BASE.test(first!)) offence(`the name ${first} is the base's; a team contributes deny rules.`);
  if (first === 'deny' && !isPartialSet(rule)) offence('deny is a set that rules add to: `deny contains … if { … }`.');
  return offences;
}

function isPartialSet({ default: standard, head }: Rule): boolean {
  return (
    !standard &&
    head.key !== undefined &&
    head.value === undefined &&
    head.args === undefined &&
    (head.ref?.length ?? 1) === 1
  );
}

function offencesWithin(file: string, rule: string | undefined, part: unknown): readonly Offence[] {
  const offences: Offence[] = [];
  for (const { node, line } of nodesOf(part)) {
    const offence = (what: string) => offences.push({ file, line, rule, what });
    if (Array.isArray(node.with) && node.with.length > 0) offence('`with` would have rules judge by something else.');
    const reference = referenceOf(node);
    const path = reference && pathOf(reference);
    if (path !== undefined && isOutside(path))
      offence(`it reads ${path}; a team's rules read \`input\` and their own package.`);
    if (path !== undefined && BEYOND_THE_INPUT.test(path))
      offence(`it calls ${path}; a verdict depends on the judged document alone.`);
    // As an argument it may stand without being a reference.
    if (node.type === 'var' && node.value === 'data')
      offence("it reads data; a team's rules read `input` and their own package.");
  }
  return offences;
}

function isOutside(path: string): boolean {
  return /^data\b/.test(path) && !path.startsWith(`${TEAM_PACKAGE}.`);
}

function nameOf({ head }: Rule): string {
  return head.ref ? pathOf(head.ref as readonly Term[]) : (head.name ?? '');
}

function lineOf({ location, head }: Rule): number {
  return location?.row ?? head.location?.row ?? 1;
}
