import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Duration } from '@tashika/shared/time';
import { childEnvironment } from '../../child-environment.ts';

const run = promisify(execFile);

/** Runs the system's programs, each for a limited time. */
export interface Programs {
  /** @returns what the program printed, or undefined where it is not installed. Rejects with its last words. */
  print(name: string, ...args: readonly string[]): Promise<string | undefined>;
}

export interface ProgramOptions {
  /** How long each may take. */
  readonly withinMs: Duration;
  /** Where they are; left out, where PATH says. */
  readonly folder?: string | undefined;
  /** Ends those that run. */
  readonly signal?: AbortSignal;
}

export function systemPrograms({ withinMs, folder, signal }: ProgramOptions): Programs {
  const env = { ...childEnvironment(), ...(folder !== undefined && { PATH: folder }) };
  return {
    async print(name, ...args) {
      // Node keeps what listens for a program that could not be started: on `signal` that would pile up for ever.
      const own = new AbortController();
      const end = () => own.abort(signal?.reason);
      if (signal?.aborted) end();
      signal?.addEventListener('abort', end, { once: true });
      try {
        return (await run(name, args, { env, timeout: withinMs, killSignal: 'SIGKILL', signal: own.signal })).stdout;
      } catch (cause) {
        const { code, killed, stderr = '' } = cause as { code?: unknown; killed?: boolean; stderr?: string };
        if (code === 'ENOENT') return undefined;
        const said = killed ? `no answer in ${withinMs} ms` : stderr.trim().split('\n')[0] || `it ended with ${code}`;
        throw new Error(`${name}: ${said}`, { cause });
      } finally {
        signal?.removeEventListener('abort', end);
      }
    },
  };
}
