import { holderOf } from '@tashika/shared/data-directory';
import { messageOf } from '@tashika/shared/errors';
import type { CheckLine } from '../sensors/index.ts';
import { isWhole, type StreamReport, verifySpool } from '../spool-command/index.ts';

/** Reads every byte of the spool: whether it is whole, and what waits in it. */
export async function checkSpool(dataDirectory: string): Promise<readonly CheckLine[]> {
  const line = (verdict: CheckLine['verdict'], detail: string): CheckLine[] => [{ subject: 'spool', verdict, detail }];
  try {
    const agent = await holderOf(dataDirectory);
    const who = agent === undefined ? 'No agent is at work in it.' : `The agent, ${agent}, is at work in it.`;
    const streams = await verifySpool(dataDirectory);
    if (streams.length === 0) return line('ok', `There is none yet. ${who}`);
    const held = streams.reduce((sum, stream) => sum + stream.held, 0);
    const broken = streams.filter((stream) => !isWhole(stream));
    const newer = streams.filter((stream) => stream.newerFormat !== undefined);
    if (broken.length === 0 && newer.length > 0)
      return line(
        'warn',
        `A newer agent wrote ${newer.map(({ stream, newerFormat }) => `stream ${stream} in format ${newerFormat}`).join(', ')}, which this one can't read. It is left as it is, and is sent when that agent is installed again. Of the rest every byte is right; ${held} readings wait for the link. ${who}`,
      );
    if (broken.length === 0) return line('ok', `Every byte of it is right; ${held} readings wait for the link. ${who}`);
    const detail = `${broken.map(damageOf).join('; ')}. The agent tells the cloud what is lost by it; there is nothing to repair by hand. Look for a failing disk or SD card (tashika-edge spool verify). ${who}`;
    return line('fail', detail);
  } catch (error) {
    return line('fail', `It can't be read: ${messageOf(error)}. Run the check as the agent's user, or as root.`);
  }
}

function damageOf({ stream, damaged, missing, stateReadable }: StreamReport): string {
  return [
    `Stream ${stream} is damaged:`,
    ...(damaged.length > 0 ? [`${damaged.length} files have bytes that are no readings,`] : []),
    ...(stateReadable ? [] : ["its state can't be read,"]),
    `${missing.reduce((sum, [first, last]) => sum + last - first + 1, 0)} readings are missing`,
  ].join(' ');
}
