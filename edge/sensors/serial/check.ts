import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { messageOf } from '@tashika/shared/errors';
import type { CheckLine } from '../port.ts';
import { loadSerialPort } from './serial-port.ts';

/** Looks at the device file only: opening a tty resets many boards, and the agent may hold it. */
export async function checkSerial(subject: string, path: string): Promise<readonly CheckLine[]> {
  try {
    await loadSerialPort();
  } catch (error) {
    return [{ subject, verdict: 'fail', detail: messageOf(error) }];
  }
  try {
    if (!(await stat(path)).isCharacterDevice())
      return [
        { subject, verdict: 'fail', detail: `${path} is no serial device. Set path to a tty, such as /dev/ttyUSB0.` },
      ];
    await access(path, constants.R_OK | constants.W_OK);
    return [{ subject, verdict: 'ok', detail: `${path} is there and may be opened.` }];
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    const detail = denied
      ? `${path} may not be opened. Add the agent's user to the group dialout.`
      : `${path} is not there. Plug the device in, or set path to where it is.`;
    return [{ subject, verdict: 'fail', detail }];
  }
}
