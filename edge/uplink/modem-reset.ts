import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { runCommand } from '../command/index.ts';
import type { Link } from './link.ts';

/** A modem that two resets did not wake is not woken by the tenth in a row. */
const LONGEST_WAIT: Duration = 86_400_000;
const MOST_OUTPUT = 4_096;

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
  const { how, output } = await runCommand(program, args, { timeoutMs, signal, mostOutput: MOST_OUTPUT });
  logger[how === 'exit 0' ? 'info' : 'error']({ command, how, output }, 'the command that resets the modem has ended');
}
