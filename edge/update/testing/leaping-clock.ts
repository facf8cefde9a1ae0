import { TestClock } from '@tashika/shared/time';
import type { BootClock } from '../../clock/index.ts';

/** A clock on which nobody waits: whoever sleeps moves it on. For one loop that does one thing at a time. */
export class LeapingClock extends TestClock implements BootClock {
  bootId = '11111111-2222-3333-4444-555555555555';
  /** Called after each sleep. */
  onLeap: () => Promise<void> = async () => undefined;

  override async sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted) throw signal.reason;
    await this.advance(delayMs);
    await this.onLeap();
  }
}
