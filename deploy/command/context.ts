import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { usageError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { CommandContext } from './group.ts';
import { ProgressLine, type ProgressStream } from './progress-line.ts';

/** What of the process a command may meet. */
export interface CommandProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly stdout: NodeJS.WritableStream;
  readonly stderr: NodeJS.WritableStream & ProgressStream;
  cwd(): string;
}

export interface ContextOptions {
  readonly process: CommandProcess;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly json: boolean;
  readonly yes: boolean;
}

/** A context, and what ends it. */
export interface OpenContext {
  readonly context: CommandContext;
  /** Whether the one JSON document has been written. */
  readonly answered: () => boolean;
  /** Takes the progress line away. */
  close(): void;
}

/** What a command meets the world with, on a real process or one of a test. */
export function openContext({ process, clock, signal, json, yes }: ContextOptions): OpenContext {
  const progress = new ProgressLine(process.stderr);
  let answered = false;
  const context: CommandContext = {
    env: process.env,
    cwd: process.cwd(),
    json,
    stdin: process.stdin,
    clock,
    signal,
    print(text) {
      if (json) return;
      progress.clear();
      process.stdout.write(`${text}\n`);
    },
    answer(value) {
      if (!json) return;
      if (answered) throw new Error('A command answers once.');
      answered = true;
      process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
    },
    progress: (text) => progress.tell(text),
    async confirm(question) {
      if (yes) return true;
      if (!process.stdin.isTTY) throw usageError(`"${question}" can't be asked here; --yes answers it.`, 'tashika');
      progress.clear();
      process.stderr.write(`${question} [y/N] `);
      return /^y(es)?$/i.test(await lineOf(process.stdin, signal));
    },
  };
  return { context, answered: () => answered, close: () => progress.clear() };
}

/** The next line, trimmed; empty when the input ends. Rejects when `signal` is aborted. */
async function lineOf(input: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  // The terminal keeps its own editing, and Ctrl-C remains a signal.
  const lines = createInterface({ input, terminal: false });
  const done = new AbortController();
  const either = { signal: AbortSignal.any([signal, done.signal]) };
  try {
    const [line] = await Promise.race([once(lines, 'line', either), once(lines, 'close', either)]);
    return String(line ?? '').trim();
  } finally {
    done.abort();
    lines.close();
  }
}
