import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeArgsOf } from '@tashika/shared/testing';

const MAIN = nodeArgsOf(new URL('../main.ts', import.meta.url));

export interface AgentProcess {
  readonly child: ChildProcess;
  readonly stdout: string;
  readonly stderr: string;
  /** Resolves when a log line holds `text`. */
  says(text: string): Promise<void>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** Sends a signal and waits for the end. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** The real program in a process of its own. */
export function startAgentProcess(args: readonly string[], env: Record<string, string> = {}): AgentProcess {
  const child = spawn(process.execPath, [...MAIN, ...args], {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  return {
    child,
    get stdout() {
      return stdout;
    },
    get stderr() {
      return stderr;
    },
    async says(text) {
      while (!stdout.includes(text)) {
        const over = await Promise.race([once(child.stdout, 'data').then(() => false), ended.then(() => true)]);
        if (over && !stdout.includes(text))
          throw new Error(`The agent ended without saying ${text}:\n${stdout}${stderr}`);
      }
    },
    ended,
    end(signal) {
      child.kill(signal);
      return ended;
    },
  };
}
