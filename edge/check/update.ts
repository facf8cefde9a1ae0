import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import { IMAGE_KINDS } from '@tashika/shared/image';
import type { Duration } from '@tashika/shared/time';
import type { EdgeConfiguration } from '../config/index.ts';
import type { CheckLine } from '../sensors/index.ts';
import { askServer, raucInstallers, rememberedIn } from '../update/index.ts';

const LONGEST_WAIT: Duration = 10_000;

/**
 * Whether images can reach this device: somebody to ask, slots to install into, an agent that says how it is, and how the
 * last update ended. The server is asked as the updater asks it, once the updater has given the device its name.
 */
export async function checkUpdate(
  configuration: Pick<EdgeConfiguration, 'update' | 'uplink'>,
): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'update', verdict, detail }];
  const { url, directory, proofFile } = configuration.update;
  if (url === undefined)
    return line('ok', "Not configured: no images come by themselves. Set update.url to Beam's website entry point.");
  const installers = raucInstallers(configuration);
  const boards = await Promise.all(
    IMAGE_KINDS.map(async (kind) => {
      const board = await installers[kind].board();
      return board === undefined ? [] : [`${kind} for ${board}`];
    }),
  );
  const slots = boards.flat();
  if (slots.length === 0)
    return line('fail', 'There are no slots to install into: update.agent.rauc and update.system.rauc name no files.');
  const { work, last } = await rememberedIn(directory);
  const now = work === undefined ? 'Nothing is under way.' : `Under way: ${work}.`;
  const before = last === undefined ? '' : ` The last one: ${last}.`;
  const found = `Images of the ${slots.join(', of the ')} can be installed. ${now}${before}`;
  const proof = await readFile(proofFile, 'utf8').catch(() => undefined);
  if (proof === undefined)
    return line(
      'warn',
      `${found} But no agent says how it is in ${proofFile}, so none could be confirmed. Does it run?`,
    );
  const controllerId = await readFile(join(directory, 'controller-id'), 'utf8').catch(() => undefined);
  if (controllerId === undefined)
    return line('warn', `${found} No updater has run here yet, or ${directory} can't be read: run the check as root.`);
  try {
    const timeoutMs = Math.min(configuration.update.timeoutMs, LONGEST_WAIT);
    await askServer({ ...configuration, update: { ...configuration.update, timeoutMs } }, url, controllerId.trim());
    return line('ok', `${found} ${url} knows this device, ${controllerId.trim()}.`);
  } catch (error) {
    return line('fail', `${found} ${messageOf(error)}`);
  }
}
