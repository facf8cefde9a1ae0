import { spawn } from 'node:child_process';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';

/** Between asking a command to end and ending it, and again until nobody waits for its output any more. */
const GRACE: Duration = 1_000;

export interface CommandOptions {
  /** How long the command may take. */
  readonly timeoutMs: Duration;
  /** Ends it. */
  readonly signal: AbortSignal;
  /** Of its output, standard error included, the first bytes that are kept. */
  readonly mostOutput: number;
  readonly env?: NodeJS.ProcessEnv;
}

export interface CommandEnd {
  /** `exit 0`, a signal's name, or why it was ended or could not be started. */
  readonly how: string;
  /** What it printed, both outputs as they came. */
  readonly output: string;
  /** Its standard output alone. */
  readonly stdout: string;
}

/** Runs a program in a process group of its own, which ends with it. No shell reads the arguments. It never rejects. */
export function runCommand(program: string, args: readonly string[], options: CommandOptions): Promise<CommandEnd> {
  const { timeoutMs, signal, mostOutput, env } = options;
  return new Promise((resolve) => {
    if (signal.aborted) return resolve({ how: 'the agent stops', output: '', stdout: '' });
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true, ...(env && { env }) });
    let output = '';
    let stdout = '';
    let why = '';
    child.stdout.on('data', (chunk: Buffer) => {
      stdout = (stdout + chunk.toString()).slice(0, mostOutput);
      output = (output + chunk.toString()).slice(0, mostOutput);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(0, mostOutput);
    });
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
      resolve({ how: why === '' ? how : why, output, stdout });
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
