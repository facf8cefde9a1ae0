import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { modules } from '../directories.ts';
import { TERRAFORM } from '../place.ts';
import { type Input, type ModuleInterface, readModule } from './module-interface.ts';

/** The interfaces of all modules, in the order of their names. */
export function catalogue(): readonly ModuleInterface[] {
  return modules().map((directory) => {
    const names = readdirSync(join(TERRAFORM, directory)).filter((name) => name.endsWith('.tf'));
    const files = Object.fromEntries(
      names.map((name) => [name, readFileSync(join(TERRAFORM, directory, name), 'utf8')] as const),
    );
    return readModule(directory.replace(/^modules\//, ''), files);
  });
}

/** The catalogue as the page `CATALOGUE.md`. */
export function renderCatalogue(entries: readonly ModuleInterface[]): string {
  const index = entries.map(({ name, summary }) => `| [\`${name}\`](#${name}) | ${cell(summary)} |`);
  return `${[
    '# Catalogue of the platform modules',
    '',
    'Each is a Terraform module under `modules/`; `pipeline` composes the others, and the stacks `dev`, `staging` and `prod` are `pipeline` in three sizes.',
    '',
    '*Generated from the modules by `npm run docs`; do not edit.*',
    '',
    '| module | what it is |',
    '|---|---|',
    ...index,
    ...entries.flatMap(section),
  ].join('\n')}\n`;
}

function section({ name, summary, inputs, outputs, resources }: ModuleInterface): readonly string[] {
  return [
    '',
    `## ${name}`,
    '',
    summary,
    ...(resources.length > 0 ? ['', `Makes ${resources.map((type) => `\`${type}\``).join(', ')}.`] : []),
    ...(inputs.length > 0
      ? [
          '',
          '| input | type | default | what it is |',
          '|---|---|---|---|',
          ...inputs.map(
            (input) => `| \`${input.name}\` | ${code(input.type)} | ${standard(input)} | ${cell(input.description)} |`,
          ),
        ]
      : []),
    ...(outputs.length > 0
      ? [
          '',
          '| output | what it is |',
          '|---|---|',
          ...outputs.map(
            (output) => `| \`${output.name}\`${output.sensitive ? ', sensitive' : ''} | ${cell(output.description)} |`,
          ),
        ]
      : []),
  ];
}

function standard(input: Input): string {
  const kind = input.ephemeral ? ', ephemeral' : input.sensitive ? ', sensitive' : '';
  return (input.default === undefined ? '**required**' : code(input.default)) + kind;
}

const cell = (text: string) => text.replaceAll('|', '\\|');
const code = (text: string) => `\`${cell(text)}\``;
