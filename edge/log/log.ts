import { fstatSync } from 'node:fs';
import { type Logger, pino } from 'pino';

/** The journal's priorities (syslog's, sd-daemon(3)) of pino's levels. */
function priorityOf(level: number): number {
  if (level >= 60) return 2;
  if (level >= 50) return 3;
  if (level >= 40) return 4;
  return level >= 30 ? 6 : 7;
}

/**
 * A line of the log as the journal wants it: with its priority before it, which the journal takes off and files, so that
 * `journalctl -p warning` finds it. The rest stays the JSON that it is elsewhere.
 */
export function journalLine(line: string): string {
  const level = Number(/^\{"level":(\d+)/.exec(line)?.[1] ?? 30);
  return `<${priorityOf(level)}>${line}`;
}

/** Whether a file descriptor is the journal's stream: systemd says which one that is by device and inode. */
export function isJournal(journalStream: string | undefined, fd: number): boolean {
  if (!journalStream) return false;
  try {
    const { dev, ino } = fstatSync(fd);
    return journalStream === `${dev}:${ino}`;
  } catch {
    return false;
  }
}

const STDOUT = 1;
const STDERR = 2;

/** A complaint as standard error is to have it: where that is the journal, each of its lines is filed as an error. */
export function complaint(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  fd: number = STDERR,
): string {
  return isJournal(env.JOURNAL_STREAM, fd) ? text.replaceAll(/^(?=.)/gm, `<${priorityOf(50)}>`) : text;
}

/** Makes loggers that write JSON lines to standard output, with priorities where that is the journal. */
export function loggers(env: Readonly<Record<string, string | undefined>>): (level: string) => Logger {
  const out = pino.destination({ dest: STDOUT, sync: true });
  const destination = isJournal(env.JOURNAL_STREAM, STDOUT)
    ? { write: (line: string) => void out.write(journalLine(line)) }
    : out;
  return (level) => pino({ level }, destination);
}
