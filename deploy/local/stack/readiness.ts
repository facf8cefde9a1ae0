import { isStoreMismatch, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

const LOOK_AGAIN_MS: Duration = 200;

export interface Awaiting {
  readonly name: string;
  /** The address of its health. */
  readonly url: string;
  /** Where it logs, for the error. */
  readonly logFile: string;
  readonly clock: Clock;
  readonly withinMs: Duration;
}

/** What a health answer says is the matter. */
interface Trouble {
  readonly code: string;
  readonly message: string;
  readonly since: string;
}

/**
 * Resolves once `url` answers with success.
 *
 * @throws TashikaError `PROGRAM_ENDED`, with what the answer says is the matter, when it does not within `withinMs`;
 *   `STORE_OF_ANOTHER_HUB`, `STORE_OF_OTHER_WINDOWS`, `HUB_REPLACED` as soon as it tells of one: no waiting mends these
 */
export async function answering({ name, url, logFile, clock, withinMs }: Awaiting): Promise<void> {
  const begunAt = clock.now();
  const deadline = clock.monotonic() + withinMs;
  let last = 'no answer';
  while (clock.monotonic() < deadline) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      if (response.ok) {
        await response.body?.cancel();
        return;
      }
      last = `status ${response.status}`;
      const trouble = troubleIn(await response.text());
      if (trouble) {
        const { code, message, since } = trouble;
        // A worker that was killed is still told of for some seconds: its trouble is not that of this start.
        if (isStoreMismatch(code) && Date.parse(since) >= begunAt)
          throw new TashikaError(code, `${name} can't count: ${message}. Its log: ${logFile}`);
        last += ` (${code}: ${message})`;
      }
    } catch (error) {
      if (error instanceof TashikaError) throw error;
      last = 'no answer';
    }
    await clock.sleep(LOOK_AGAIN_MS);
  }
  throw new TashikaError(
    'PROGRAM_ENDED',
    `${name} is not ready after ${withinMs / 1_000} s: ${url} gave ${last}. Its log: ${logFile}`,
  );
}

/** The workers' trouble in the body of a health answer; undefined where it tells of none. */
function troubleIn(body: string): Trouble | undefined {
  let worker: { readonly since?: string; readonly trouble?: Omit<Trouble, 'since'> } | undefined;
  try {
    worker = JSON.parse(body)?.worker;
  } catch {
    return undefined; // not an answer of the cloud program
  }
  return worker?.trouble && { ...worker.trouble, since: worker.since ?? '' };
}
