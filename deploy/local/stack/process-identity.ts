import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process told apart from a later one that was given the same number. */
export interface ProcessIdentity {
  readonly pid: number;
  /** When it began, in the system's own words; undefined where the system does not tell. */
  readonly began?: string;
}

export function identityOf(pid: number): ProcessIdentity {
  const began = beginning(pid);
  return began === undefined ? { pid } : { pid, began };
}

/** Whether that very process still runs. */
export function isAlive({ pid, began }: ProcessIdentity): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return began === undefined || beginning(pid) === began;
}

function beginning(pid: number): string | undefined {
  try {
    // Field 22 counts from the end of the command's name, which may hold spaces and parentheses: proc(5).
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return state === 'Z' ? 'ended' : fields[18];
  } catch {
    return fromPs(pid);
  }
}

/** Systems without /proc, as macOS. */
function fromPs(pid: number): string | undefined {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
