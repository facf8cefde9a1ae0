import { spawn } from 'node:child_process';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { Link } from './link.ts';

/** A modem that two resets did not wake is not woken by the tenth in a row. */
const LONGEST_WAIT: Duration = 86_400_000;
const MOST_OUTPUT = 4_096;
/** Between asking a command to end and ending it, and again until nobody waits for its output any more. */
const GRACE: Duration = 1_000;

export interface ModemResetOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** Silence before the first reset; each further one waits twice as long. */
  readonly afterMs: Duration;
  /** How long the command may take. */
  readonly timeoutMs: Duration;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * A link whose modem is reset when nothing has been heard for long, though posts were tried. Any answer, a refusal or a
 * portal's page too, proves that the modem carries bytes and that a reset would not help. The post during which the
 * reset is due waits for its end.
 */
export function resettingLink(link: Link, options: ModemResetOptions): Link & { readonly resets: number } {
  const { afterMs, clock } = options;
  let silentSince: Duration | undefined;
  let waitMs = afterMs;
  let resets = 0;
  return {
    async post(body, signal) {
      const verdict = await link.post(body, signal);
      if (verdict.kind !== 'failed' || verdict.heard) {
        silentSince = undefined;
        waitMs = afterMs;
        return verdict;
      }
      silentSince ??= clock.monotonic();
      if (clock.monotonic() - silentSince < waitMs || signal.aborted) return verdict;
      resets++;
      await reset(options, signal);
      silentSince = clock.monotonic();
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT);
      return verdict;
    },
    get opened() {
      return link.opened ?? 0;
    },
    get resets() {
      return resets;
    },
    close: () => link.close(),
  };
}

async function reset({ command, timeoutMs, logger }: ModemResetOptions, signal: AbortSignal): Promise<void> {
  const [program = '', ...args] = command;
  logger.warn({ command }, 'nothing has been heard for long; the modem is reset');
  const { how, output } = await run(program, args, timeoutMs, signal);
  logger[how === 'exit 0' ? 'info' : 'error']({ command, how, output }, 'the command that resets the modem has ended');
}

/** Runs a program in a process group of its own, which ends with it. */
function run(
  program: string,
  args: readonly string[],
  timeoutMs: Duration,
  signal: AbortSignal,
): Promise<{ readonly how: string; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let output = '';
    let why = '';
    const take = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(0, MOST_OUTPUT);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    const end = (reason: string) => {
      why = reason;
      killGroup(child.pid, 'SIGTERM');
      setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE).unref();
    };
    const timer = setTimeout(() => end(`took longer than ${timeoutMs} ms`), timeoutMs);
    const onAbort = () => end('the agent stops');
    signal.addEventListener('abort', onAbort, { once: true });
    const done = (how: string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      child.stdout.destroy();
      child.stderr.destroy();
      resolve({ how: why === '' ? how : why, output });
    };
    child.once('error', (error) => done(messageOf(error)));
    child.once('exit', (code, killedBy) => {
      killGroup(child.pid, 'SIGKILL'); // what it left behind, which may hold its output open
      const how = killedBy ?? `exit ${code}`;
      const giveUp = setTimeout(() => done(how), GRACE);
      child.once('close', () => {
        clearTimeout(giveUp);
        done(how);
      });
    });
  });
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // It has ended.
  }
}
