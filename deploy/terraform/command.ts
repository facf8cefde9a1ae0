import { resolve } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import { type Command, type CommandGroup, type ExitCode, textOf, textsOf } from '../command/index.ts';
import { catalogue, renderCatalogue } from './catalogue/index.ts';
import { stacks } from './directories.ts';

const show: Command = {
  name: 'show',
  summary: 'Print the platform modules with their inputs and outputs',
  alone: true,
  positionals: [{ name: 'module', summary: 'Only this module' }],
  async run(args, { print, answer }): Promise<ExitCode> {
    const [entries, name] = [catalogue(), textOf(args, 'module')];
    const chosen = name === undefined ? entries : entries.filter((each) => each.name === name);
    if (chosen.length === 0) {
      const known = entries.map((each) => each.name).join(', ');
      throw new TashikaError('USAGE', `There is no module ${name}. The catalogue has ${known}.`);
    }
    print(renderCatalogue(chosen).trimEnd());
    answer({ modules: chosen });
    return 0;
  },
};

/** `tashika catalogue`: what a team can order. */
export const catalogueGroup: CommandGroup = {
  name: 'catalogue',
  summary: 'The platform modules that a team can use',
  commands: [show],
};

/** What serves the schemas comes with a checkout alone: the packages do without its libraries. */
const AGAINST_SCHEMAS =
  "Works against the providers' schemas alone: it asks neither Azure nor Vault, and needs no credential. Needs terraform, and a checkout.";

const check: Command = {
  name: 'check',
  summary: 'Check format, schema and tests of modules and stacks',
  description: `terraform fmt, validate and test of each module and stack. ${AGAINST_SCHEMAS}`,
  positionals: [{ name: 'directory', summary: 'Only these, such as modules/worker', many: true }],
  async run(args, { print, answer, progress, signal }): Promise<ExitCode> {
    const room = await import('./check/check.ts');
    const { serveProviders } = await import('./schema/providers.ts');
    const directories = chosen(textsOf(args, 'directory'), room.checkedDirectories(), 'module or stack');
    const problems = (await room.unformatted(signal)).map((file) => `${file}: terraform fmt would write it otherwise.`);
    const providers = await serveProviders();
    let passed = 0;
    try {
      for (const [at, directory] of directories.entries()) {
        progress(`${directory} (${at + 1} of ${directories.length})`);
        const checked = await room.check(directory, { reattach: providers.reattach, signal });
        passed += checked.passed;
        problems.push(...checked.problems.map((problem) => `${directory}: ${problem}`));
      }
    } finally {
      providers.close();
    }
    for (const problem of problems) print(problem);
    print(`${directories.length} directories, ${passed} tests passed, ${problems.length} problems.`);
    answer({ directories, passed, problems });
    return problems.length === 0 ? 0 : 1;
  },
};

const preview: Command = {
  name: 'preview',
  summary: 'Write what creating a stack would plan, as plan.json',
  description: `What terraform show -json tells of a plan that creates everything, with example values for what only a site knows. ${AGAINST_SCHEMAS} What optional attributes a provider fills in is null there.`,
  positionals: [{ name: 'stack', summary: 'Only these, such as prod', many: true }],
  options: {
    out: { type: 'text', value: 'DIR', required: true, summary: 'Where <stack>/plan.json is written' },
  },
  async run(args, { cwd, print, answer, progress, signal }): Promise<ExitCode> {
    const { previewPlan } = await import('./preview/preview.ts');
    const known = stacks().map((directory) => directory.replace(/^stacks\//, ''));
    const out = resolve(cwd, textOf(args, 'out')!);
    const files: string[] = [];
    for (const stack of chosen(textsOf(args, 'stack'), known, 'stack')) {
      progress(`planning ${stack}`);
      files.push(await previewPlan(stack, out, signal));
    }
    for (const file of files) print(file);
    answer({ files });
    return 0;
  },
};

function chosen(given: readonly string[], known: readonly string[], what: string): readonly string[] {
  const unknown = given.find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new TashikaError('USAGE', `There is no ${what} ${unknown}. There are ${known.join(', ')}.`);
  return given.length === 0 ? known : given;
}

/** `tashika terraform`: modules and stacks, tried without a cloud. */
export const terraformGroup: CommandGroup = {
  name: 'terraform',
  summary: 'Try modules and stacks without a cloud',
  commands: [check, preview],
};
