import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { doublingDelays } from '../retry/index.ts';
import type { DeviceSession, SensorDriver } from './driver.ts';
import type { CheckLine, SensorFigures, SensorSink, SensorSource, SensorState } from './port.ts';

const FIRST_PAUSE_MS: Duration = 1_000;
const LONGEST_PAUSE_MS: Duration = 30_000;

export interface SupervisorOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Keeps a driver at work: when it fails, says so once, waits and starts it again, for as long as the agent runs. One
 * sensor's failure never reaches the others.
 */
export function supervise(driver: SensorDriver, options: SupervisorOptions): SensorSource {
  return new SupervisedSensor(driver, options);
}

class SupervisedSensor implements SensorSource {
  readonly name: string;
  readonly #driver: SensorDriver;
  readonly #clock: Clock;
  readonly #logger: Logger;
  #ending: AbortController | undefined;
  #life: Promise<void> | undefined;
  #failures = 0;

  constructor(driver: SensorDriver, { clock, logger }: SupervisorOptions) {
    this.name = driver.name;
    this.#driver = driver;
    this.#clock = clock;
    this.#logger = logger.child({ sensor: driver.name });
  }

  get figures(): SensorFigures {
    return { failures: this.#failures, heldBack: 0 };
  }

  async start(sink: SensorSink): Promise<void> {
    if (this.#life) return;
    this.#ending = new AbortController();
    this.#life = this.#keepRunning(new Reporter(sink, this.#logger), this.#ending.signal);
  }

  async stop(): Promise<void> {
    this.#ending?.abort();
    await this.#life;
    this.#life = undefined;
  }

  async check(): Promise<readonly CheckLine[]> {
    try {
      return await this.#driver.check();
    } catch (error) {
      return [{ subject: this.name, verdict: 'fail', detail: messageOf(error) }];
    }
  }

  async #keepRunning(reporter: Reporter, signal: AbortSignal): Promise<void> {
    const policy = { firstMs: this.#driver.reconnectMs ?? FIRST_PAUSE_MS, mostMs: LONGEST_PAUSE_MS };
    let pauses = doublingDelays(policy);
    reporter.state('starting');
    while (!signal.aborted) {
      const startedAt = this.#clock.monotonic();
      const failure = await this.#live(reporter, signal);
      if (signal.aborted) return;
      // A device that held for a while has earned a quick return; one that only flickers has not.
      if (this.#clock.monotonic() - startedAt > LONGEST_PAUSE_MS) pauses = doublingDelays(policy);
      this.#failures++;
      reporter.state('failed', failure);
      await this.#clock.sleep(pauses.next().value, signal).catch(() => {});
    }
  }

  /**
   * One life of the driver, with a signal of its own: what a life hangs on it goes with it, however many there are.
   *
   * @returns why it ended
   */
  async #live(reporter: Reporter, ending: AbortSignal): Promise<string> {
    const life = new AbortController();
    const { signal } = life;
    const end = () => life.abort(ending.reason);
    ending.addEventListener('abort', end, { once: true });
    const session: DeviceSession = {
      measured: (measurement) => {
        if (!signal.aborted) reporter.sink.measured(measurement);
      },
      running: (detail) => {
        if (!signal.aborted) reporter.state('running', detail);
      },
    };
    try {
      await this.#driver.run(session, signal);
      return 'It ended without being told to.';
    } catch (error) {
      return messageOf(error);
    } finally {
      ending.removeEventListener('abort', end);
      end();
    }
  }
}

/** Tells a state when it is news, so that a device that stays away for a week is a line in the log, not a thousand. */
class Reporter {
  readonly sink: SensorSink;
  readonly #logger: Logger;
  #last: string | undefined;

  constructor(sink: SensorSink, logger: Logger) {
    this.sink = sink;
    this.#logger = logger;
  }

  state(state: SensorState, detail?: string): void {
    const news = `${state} ${detail ?? ''}`;
    if (news === this.#last) return;
    this.#last = news;
    if (state === 'failed') this.#logger.warn({ detail }, 'sensor failed');
    else this.#logger.info({ detail }, `sensor ${state}`);
    this.sink.state(state, detail);
  }
}
