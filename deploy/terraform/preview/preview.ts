import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { TERRAFORM } from '../place.ts';
import { type Ran, runTerraform, succeeded } from '../run.ts';
import type { Answers } from '../schema/provider.ts';
import { serveProviders } from '../schema/providers.ts';
import { EXAMPLE_ACCOUNT, EXAMPLE_VARIABLES } from './example.ts';

/** A copy of the modules and one stack in a directory of its own, with its state beside it, against served schemas. */
export interface Rehearsal {
  /** The stack's copy. */
  readonly directory: string;
  terraform(...args: string[]): Promise<Ran>;
}

export interface RehearsalOptions {
  readonly answers?: Answers;
  /** Variables in place of the example's, by name. */
  readonly variables?: Readonly<Record<string, unknown>>;
  /** The one secret among the variables; random, if absent. */
  readonly password?: string;
  readonly signal?: AbortSignal;
}

/** Who is signed in, as far as the stack is told. */
export const SIGNED_IN: Answers = { dataSources: { azurerm_client_config: EXAMPLE_ACCOUNT } };

/**
 * Lets `use` plan and apply a stack without a cloud: its providers are served from their schemas alone, its state is a
 * file, its variables are an example's. All is gone when `use` is done.
 */
export async function rehearse<Result>(
  stack: string,
  use: (rehearsal: Rehearsal) => Promise<Result>,
  { answers = SIGNED_IN, variables = {}, password, signal }: RehearsalOptions = {},
): Promise<Result> {
  const place = await mkdtemp(join(tmpdir(), 'tashika-terraform-'));
  const providers = await serveProviders(answers);
  try {
    for (const part of ['modules', `stacks/${stack}`])
      await cp(join(TERRAFORM, part), join(place, part), {
        recursive: true,
        filter: (path) => !path.endsWith('.terraform'),
      });
    const directory = join(place, 'stacks', stack);
    await writeFile(join(directory, 'backend_override.tf'), 'terraform {\n  backend "local" {}\n}\n');
    await writeFile(
      join(directory, 'example.auto.tfvars.json'),
      JSON.stringify({ ...EXAMPLE_VARIABLES, ...variables }),
    );
    const terraform = (...args: string[]) =>
      runTerraform(args, {
        directory,
        data: join(place, 'data'),
        reattach: providers.reattach,
        env: { TF_VAR_postgres_administrator_password: password ?? randomBytes(24).toString('base64url') },
        ...(signal && { signal }),
      });
    succeeded(await terraform('init', '-input=false', '-no-color'), `terraform init of ${stack}`);
    return await use({ directory, terraform });
  } finally {
    providers.close();
    await rm(place, { recursive: true, force: true });
  }
}

/**
 * Writes `<directory>/<stack>/plan.json`: what `terraform show -json` tells of a plan that creates all of the stack.
 *
 * @returns the file
 * @throws TashikaError TERRAFORM_FAILED, TOOL_MISSING; CONFIG_UNREADABLE where it can't be written
 */
export async function previewPlan(stack: string, directory: string, signal?: AbortSignal): Promise<string> {
  const place = join(directory, basename(stack));
  const file = join(place, 'plan.json');
  const unwritable = (error: unknown) => {
    throw new TashikaError('CONFIG_UNREADABLE', `The plan can't be written to ${place}: ${messageOf(error)}`, {
      cause: error,
    });
  };
  await mkdir(place, { recursive: true }).catch(unwritable);
  const json = await rehearse(stack, (rehearsal) => planJson(rehearsal), signal && { signal });
  await writeFile(file, json).catch(unwritable);
  return file;
}

/** The plan of a rehearsal as JSON. */
export async function planJson({ terraform }: Rehearsal): Promise<string> {
  succeeded(await terraform('plan', '-input=false', '-no-color', '-out=plan'), 'terraform plan');
  return succeeded(await terraform('show', '-json', 'plan'), 'terraform show');
}
