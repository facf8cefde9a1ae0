import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { FleetImage, Rollout } from '@tashika/cloud/api/fleet';
import { parseJsonText } from '@tashika/shared/config';
import { type ErrorCode, messageOf, TashikaError } from '@tashika/shared/errors';
import type { CommandArguments, CommandContext, ExitCode } from '../command/index.ts';
import { ApiProblem, type FleetApi, personOf } from './access.ts';
import { renderPlanned } from './rollout-text.ts';

/** What the API answers to a plan that is wrong: as such, as a request, or for an image that there is not. */
const PLAN_FAULTS: readonly ErrorCode[] = ['ROLLOUT_PLAN_REFUSED', 'BAD_REQUEST', 'NOT_FOUND'];

/** Plans what a file says, and prints what that comes to. Nothing starts. */
export async function planFile(
  given: string,
  args: CommandArguments,
  api: FleetApi,
  context: CommandContext,
): Promise<ExitCode> {
  const file = resolve(context.cwd, given);
  const written = await planIn(file);
  let rollout: Rollout;
  try {
    rollout = await api.post<Rollout>('rollouts', { ...written, by: personOf(args, context) });
  } catch (error) {
    if (!(error instanceof ApiProblem)) throw error;
    // What the API finds wrong with a plan is in the file, and that is where a person has to put it right.
    const code = PLAN_FAULTS.includes(error.code) ? 'ROLLOUT_PLAN_REFUSED' : error.code;
    throw new TashikaError(code, `${given}: ${error.message}`, { cause: error });
  }
  const [kind, version] = rollout.image.split('/') as [string, string];
  const image = await api.find<FleetImage>(`images/${kind}/${encodeURIComponent(version)}`);
  context.print(renderPlanned(rollout, image?.record.bundle.bytes));
  context.answer(rollout);
  return 0;
}

async function planIn(file: string): Promise<object> {
  let content: unknown;
  try {
    content = parseJsonText(await readFile(file, 'utf8'));
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `The plan ${file} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  if (typeof content === 'object' && content !== null && !Array.isArray(content)) return content;
  throw new TashikaError('CONFIG_INVALID', `The plan ${file} must hold one JSON object.`);
}
