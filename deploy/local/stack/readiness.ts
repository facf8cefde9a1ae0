import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

const LOOK_AGAIN_MS: Duration = 200;

/**
 * Resolves once `url` answers with success.
 *
 * @throws TashikaError `PROGRAM_ENDED` when it does not within `withinMs`
 */
export async function answering(name: string, url: string, clock: Clock, withinMs: Duration): Promise<void> {
  const deadline = clock.monotonic() + withinMs;
  let last = 'no answer';
  while (clock.monotonic() < deadline) {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
      await response.body?.cancel();
      if (response.ok) return;
      last = `status ${response.status}`;
    } catch {
      last = 'no answer';
    }
    await clock.sleep(LOOK_AGAIN_MS);
  }
  throw new TashikaError('PROGRAM_ENDED', `${name} is not ready after ${withinMs / 1_000} s: ${url} gave ${last}.`);
}
