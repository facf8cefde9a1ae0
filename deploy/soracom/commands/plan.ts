import { usageError } from '@tashika/shared/errors';
import { type Command, EXIT_FOUND, flagOf, textOf } from '../../command/index.ts';
import { readDeclaration } from '../declaration/index.ts';
import { isSettled, savePlan } from '../plan/index.ts';
import { planned } from '../planning.ts';
import { surroundedBy } from '../surroundings.ts';
import { pathOf, prune, show } from './shown.ts';

const directory = { name: 'directory', summary: 'Folder of declarative files', required: true } as const;
const withoutSecrets = {
  type: 'flag',
  summary: 'Look no secret up; credentials are compared by their type and text alone',
} as const;

export const planCommand: Command = {
  name: 'plan',
  summary: 'Show what would be done so that the account is what the files say',
  positionals: [directory],
  options: {
    prune,
    'without-secrets': withoutSecrets,
    out: { type: 'text', value: 'FILE', summary: 'Keep the plan, to be approved and applied as it is' },
    'exit-code': { type: 'flag', summary: 'End with 3 where there is something to do' },
  },
  async run(args, context) {
    const declaration = readDeclaration(pathOf(args.directory, context));
    const compareSecrets = !flagOf(args, 'without-secrets');
    const out = textOf(args, 'out');
    if (out !== undefined && !compareSecrets)
      throw usageError(
        'A plan that is kept needs the fingerprints of its secrets: --out goes without --without-secrets.',
        'tashika soracom plan',
      );
    const options = { prune: flagOf(args, 'prune'), compareSecrets };
    const { plan } = await surroundedBy(declaration, context, (around) =>
      planned(declaration, around, options, context),
    );
    if (out !== undefined)
      savePlan(pathOf(out, context), { plan, madeAt: new Date(context.clock.now()).toISOString() });
    show(plan, context);
    if (out !== undefined) context.print(`\nKept in ${out}. Apply it: tashika soracom apply ${out}`);
    return flagOf(args, 'exit-code') && plan.actions.length > 0 ? EXIT_FOUND : 0;
  },
};

export const driftCommand: Command = {
  name: 'drift',
  summary: 'Show in what the account differs from the files; ends with 3 where it does',
  positionals: [directory],
  options: { 'without-secrets': withoutSecrets },
  async run(args, context) {
    const declaration = readDeclaration(pathOf(args.directory, context));
    const options = { prune: false, compareSecrets: !flagOf(args, 'without-secrets') };
    const { plan } = await surroundedBy(declaration, context, (around) =>
      planned(declaration, around, options, context),
    );
    show(plan, context);
    return isSettled(plan) ? 0 : EXIT_FOUND;
  },
};
