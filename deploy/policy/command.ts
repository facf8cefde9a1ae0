import { resolve } from 'node:path';
import {
  type CommandArguments,
  type CommandContext,
  type CommandGroup,
  EXIT_FOUND,
  type ExitCode,
  textOf,
  textsOf,
} from '../command/index.ts';

const TEAM = {
  type: 'text',
  value: 'DIR',
  summary: "a team's own policies, which can only be stricter than the base",
} as const;

export const policyGroup: CommandGroup = {
  name: 'policy',
  summary: 'Judge plans and job files by policy that only tightens',
  commands: [
    {
      name: 'check',
      summary: 'Judge Terraform plans, SORACOM plans and Nomad jobs, as JSON',
      description:
        "Judges each INPUT by the base, and by a team's policies where they are given. Exit code 3 when one is denied.\n\n" +
        '  terraform show -json plan.out > plan.json && tashika policy check plan.json\n' +
        '  tashika policy check --team policies/field plan.json job.json\n' +
        '  tashika soracom plan files --json | tashika policy check -',
      positionals: [
        {
          name: 'input',
          summary: 'File with the JSON of a plan or job; - for standard input',
          required: true,
          many: true,
        },
      ],
      options: {
        team: TEAM,
        kind: { type: 'text', choices: ['terraform', 'soracom', 'nomad'], summary: 'what each input must be' },
      },
      run: check,
    },
    {
      name: 'test',
      summary: "Run the tests of the base, and of a team's policies",
      options: { team: TEAM },
      run: test,
    },
    {
      name: 'explain',
      summary: 'Say what a rule wants and what to do about a denial; without RULE, list the rules',
      positionals: [{ name: 'rule', summary: 'Id of a rule of the base' }],
      run: explain,
    },
  ],
};

async function check(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { answerOf, BASE, judge, loadBase, loadTeam, readDocument, reportOf } = await import('./index.ts');
  const { env, signal, clock, cwd } = context;
  const kind = textOf(args, 'kind') as 'terraform' | 'soracom' | 'nomad' | undefined;
  const documents = await Promise.all(textsOf(args, 'input').map((file) => readDocument(file, context, kind)));
  const surroundings = { env, signal };
  const base = await loadBase(BASE, surroundings);
  const directory = textOf(args, 'team');
  const team = directory === undefined ? undefined : await loadTeam(resolve(cwd, directory), base, surroundings);
  const verdicts = await judge(documents, base, team, clock.now(), surroundings);
  for (const verdict of verdicts) context.print(reportOf(verdict));
  // Nothing that was judged is nothing that was allowed.
  const allowed = verdicts.length > 0 && verdicts.every(({ violations }) => violations.length === 0);
  context.answer({ allowed, documents: verdicts.map(answerOf) });
  return allowed ? 0 : EXIT_FOUND;
}

async function test(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { BASE, loadBase, loadTeam, runTests } = await import('./index.ts');
  const { env, signal, cwd } = context;
  const surroundings = { env, signal };
  const base = await loadBase(BASE, surroundings);
  const directory = textOf(args, 'team');
  const team = directory === undefined ? undefined : await loadTeam(resolve(cwd, directory), base, surroundings);
  const results = await runTests(base, team, surroundings);
  const failed = results.filter(({ passed }) => !passed);
  for (const { name, place } of failed) context.print(`failed: ${name} (${place})`);
  context.print(`${results.length - failed.length} passed, ${failed.length} failed`);
  context.answer({ passed: results.length - failed.length, failed: failed.length, tests: results });
  return failed.length === 0 ? 0 : 1;
}

async function explain(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { BASE, explanationOf, loadBase, ruleOf } = await import('./index.ts');
  const base = await loadBase(BASE, { env: context.env, signal: context.signal });
  const id = textOf(args, 'rule');
  if (id === undefined) {
    const width = Math.max(...base.rules.map((rule) => rule.id.length));
    for (const rule of base.rules) context.print(`${rule.id.padEnd(width)}  ${rule.severity.padEnd(6)}  ${rule.title}`);
    context.answer({ rules: base.rules });
    return 0;
  }
  const rule = ruleOf(base, id);
  context.print(explanationOf(rule, base));
  context.answer({
    ...rule,
    parameters: Object.fromEntries(rule.parameters.map((name) => [name, base.parameters[name]])),
    exceptions: base.exceptions.filter((exception) => exception.rule === id),
  });
  return 0;
}
