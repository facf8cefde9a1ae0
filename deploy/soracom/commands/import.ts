import { type Command, textOf } from '../../command/index.ts';
import { readAccount } from '../account/index.ts';
import type { Coverage } from '../api/index.ts';
import { importAccount, writeImported } from '../import/index.ts';
import { surroundedBy } from '../surroundings.ts';
import { pathOf } from './shown.ts';

export const importCommand: Command = {
  name: 'import',
  summary: 'Write declarative files from what an account is',
  positionals: [{ name: 'directory', summary: 'An empty folder, or one that is not there yet', required: true }],
  options: {
    coverage: { type: 'text', choices: ['jp', 'g'], standard: 'jp', summary: "Japan's platform or the global one" },
    operator: {
      type: 'text',
      value: 'OP…',
      summary: 'The account that it must be; whichever the key is of, if left out',
    },
  },
  async run(args, context) {
    const coverage = (textOf(args, 'coverage') ?? 'jp') as Coverage;
    const operatorId = textOf(args, 'operator');
    const imported = await surroundedBy(
      { coverage, ...(operatorId === undefined ? {} : { operatorId }) },
      context,
      async ({ api }) =>
        importAccount(
          await readAccount(api, { credentials: true, groups: true, sims: true }, (count) =>
            context.progress(`${count} SIMs read`),
          ),
          { coverage },
        ),
    );
    writeImported(pathOf(args.directory, context), imported);
    const files = Object.keys(imported.files);
    context.print([`Written: ${files.join(', ')}`, ...imported.notes.map((note) => `  ${note}`)].join('\n'));
    context.answer({ files, notes: imported.notes });
    return 0;
  },
};
