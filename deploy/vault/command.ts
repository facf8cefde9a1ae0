import { resolve } from 'node:path';
import { text as textOfStream } from 'node:stream/consumers';
import type { Vault } from '@tashika/cloud/secrets';
import { TashikaError } from '@tashika/shared/errors';
import {
  type CommandArguments,
  type CommandContext,
  type CommandGroup,
  EXIT_DECLINED,
  EXIT_FOUND,
  type ExitCode,
  flagOf,
  type Option,
  textOf,
} from '../command/index.ts';
import type { Declaration } from './declared.ts';
import { ROLES } from './secret-id.ts';

const settings: Option = {
  type: 'text',
  value: 'FILE',
  summary: "The site's settings; TASHIKA_VAULT_… in the environment go before it",
};

/** Vault's own configuration, from reviewed files. */
export const vaultCommands: CommandGroup = {
  name: 'vault',
  summary: "Vault's own configuration: policies, engines, logins, audit",
  commands: [
    {
      name: 'plan',
      summary: 'Shows what apply would change',
      options: { settings, 'exit-code': { type: 'flag', summary: 'Exit code 3 where there is something to change' } },
      run: plan,
    },
    {
      name: 'apply',
      summary: 'Makes Vault as the files declare it; it can be run again at any time',
      options: { settings },
      run: apply,
    },
    {
      name: 'check',
      summary: 'Names what is otherwise than declared, missing or about to end, and what the token may not do',
      options: { settings },
      run: check,
    },
    {
      name: 'secret-id',
      summary: 'Prints a role id and a wrapped secret id, for a program that logs in by AppRole',
      positionals: [{ name: 'role', summary: 'Who logs in', required: true, choices: ROLES }],
      options: {
        ttl: { type: 'text', value: 'TIME', standard: '10m', summary: 'How long it can be opened: 1s to 1h' },
      },
      run: secretId,
    },
    {
      name: 'put',
      summary: 'Puts a secret into Vault, a JSON object on standard input',
      positionals: [
        {
          name: 'secret',
          summary: 'Which one, below kv/tashika/',
          required: true,
          choices: ['event-hubs/send', 'event-hubs/listen', 'beam', 'soracom'],
        },
      ],
      options: {
        generate: { type: 'flag', summary: 'beam alone: a new random key that nobody sees, where there is none' },
      },
      run: put,
    },
  ],
};

interface Site {
  readonly site: string;
  readonly declaration: Declaration;
}

async function siteOf(args: CommandArguments, { env, cwd }: CommandContext): Promise<Site> {
  const [{ loadVaultSite }, { declarationOf }] = await Promise.all([
    import('./settings.ts'),
    import('./declaration.ts'),
  ]);
  const file = textOf(args, 'settings');
  const loaded = loadVaultSite(file === undefined ? undefined : resolve(cwd, file), env);
  return { site: loaded.site, declaration: declarationOf(loaded) };
}

/** Runs `work` in a session with the Vault that the environment names, and ends it. */
async function withVault<T>({ env, clock, progress }: CommandContext, work: (vault: Vault) => Promise<T>): Promise<T> {
  const { openVault, vaultSettingsFromEnvironment } = await import('@tashika/cloud/secrets');
  const quiet = () => {};
  const logger = { debug: quiet, info: quiet, warn: (_: object, message: string) => progress(message), error: quiet };
  const vault = await openVault(vaultSettingsFromEnvironment(env), { clock, logger });
  try {
    return await work(vault);
  } finally {
    await vault.stop();
  }
}

async function plan(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { site, declaration } = await siteOf(args, context);
  const [{ planOf }, { needsOfPlan, requirePermission }, { planAnswer, renderPlan }] = await Promise.all([
    import('./plan.ts'),
    import('./permission.ts'),
    import('./render.ts'),
  ]);
  const found = await withVault(context, async (vault) => {
    await requirePermission(needsOfPlan(declaration), vault);
    return planOf(declaration, site, vault);
  });
  context.print(renderPlan(found));
  context.answer(planAnswer(found));
  const different = found.changes.length + found.undeclared.length + found.conflicts.length > 0;
  return different && flagOf(args, 'exit-code') ? EXIT_FOUND : 0;
}

async function apply(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { site, declaration } = await siteOf(args, context);
  const [{ planOf }, { needsOfApply, needsOfPlan, requirePermission }, { planAnswer, renderPlan }, applying] =
    await Promise.all([import('./plan.ts'), import('./permission.ts'), import('./render.ts'), import('./apply.ts')]);
  return withVault(context, async (vault): Promise<ExitCode> => {
    await requirePermission(needsOfPlan(declaration), vault);
    const found = await planOf(declaration, site, vault);
    await requirePermission(needsOfApply(found.changes), vault);
    context.print(renderPlan(found));
    applying.requireNoConflict(found);
    if (found.changes.length === 0) {
      context.answer({ made: 0, ...planAnswer(found) });
      return 0;
    }
    if (!(await context.confirm(`Change the Vault at ${context.env.VAULT_ADDR} for the site ${site}?`))) {
      context.print('Nothing was changed.');
      context.answer({ made: 0, ...planAnswer(found) });
      return EXIT_DECLINED;
    }
    const { clock, signal } = context;
    await applying.apply(found, {
      vault,
      clock,
      signal,
      progress: (done, { path }) => context.progress(`${done + 1} of ${found.changes.length}: ${path}`),
    });
    context.print(`${found.changes.length} changes are made.`);
    context.answer({ made: found.changes.length, ...planAnswer(found) });
    return 0;
  });
}

async function check(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { site, declaration } = await siteOf(args, context);
  const { findings } = await import('./check.ts');
  const found = await withVault(context, (vault) => findings(declaration, site, { vault, clock: context.clock }));
  context.print(found.length === 0 ? 'Vault is as it should be.' : found.join('\n'));
  context.answer({ findings: found });
  return found.length === 0 ? 0 : EXIT_FOUND;
}

async function secretId(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { wrappedSecretId } = await import('./secret-id.ts');
  const { clock } = context;
  const given = await withVault(context, (vault) =>
    wrappedSecretId(textOf(args, 'role')!, textOf(args, 'ttl') ?? '10m', { vault, clock }),
  );
  context.print(
    `role id            ${given.roleId}\nwrapped secret id  ${given.wrappingToken}\nIt opens once, until ${given.opensUntil}.`,
  );
  context.answer(given);
  return 0;
}

async function put(args: CommandArguments, context: CommandContext): Promise<ExitCode> {
  const { generateBeamKey, putSecret, SECRET_NAMES, secretPath } = await import('./first-secret.ts');
  const name = SECRET_NAMES.find((each) => each === textOf(args, 'secret'))!;
  const generate = flagOf(args, 'generate');
  if (generate && name !== 'beam')
    throw new TashikaError('USAGE', `--generate is for beam: ${name} comes from elsewhere.`);
  const text = generate ? '' : await textOfStream(context.stdin);
  const version = await withVault(context, (vault) =>
    generate ? generateBeamKey(vault) : putSecret(name, text, vault),
  );
  context.print(`${secretPath(name)} has version ${version}.`);
  context.answer({ path: secretPath(name), version });
  return 0;
}
