import type { Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { BootClock } from './clock/index.ts';
import type { Measurement, SensorSink, SensorState } from './sensors/port.ts';
import { type Reading, refusalOf, type Spool } from './spool/index.ts';

export interface IntakeOptions {
  readonly spool: Pick<Spool, 'append'>;
  readonly clock: BootClock;
  readonly synced: () => boolean;
  readonly logger: Logger;
}

/** A broken sensor may refuse to stop being broken: one line a minute says so, with how often. */
const QUIET_FOR: Duration = 60_000;

/** What a source last said of itself. */
export interface SensorStatus {
  readonly state: SensorState;
  /** A sentence for a person: why it failed, or what is worth knowing while it runs. */
  readonly detail?: string | undefined;
}

/** The spool's door: stamps what sensors measure, refuses what can be no reading, and keeps their states. */
export class Intake {
  readonly #states = new Map<string, SensorStatus>();
  readonly #options: IntakeOptions;
  readonly #refusals = new Map<string, { toldAt: Duration; since: number }>();
  #refused = 0;
  #stored = false;
  #open = true;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  /** Values refused since the start. */
  get refused(): number {
    return this.#refused;
  }

  /** Whether a reading of this start is on the disk. */
  get stored(): boolean {
    return this.#stored;
  }

  /** What a source said last. */
  statusOf(source: string): SensorStatus {
    return this.#states.get(source) ?? { state: 'starting' };
  }

  sinkOf(source: string): SensorSink {
    return {
      measured: (measurement) => this.#measured(source, measurement),
      state: (state, detail) => void this.#states.set(source, { state, detail }),
    };
  }

  /** Takes what the agent has to say of itself, as a reading `agent/<name>`. */
  report(name: string, value: Measurement['value'], unit?: string): void {
    this.#measured('agent', { sensor: `agent/${name}`, value, ...(unit === undefined ? {} : { unit }) });
  }

  /** Takes nothing any more; what comes all the same is passed over. */
  close(): void {
    this.#open = false;
  }

  #measured(source: string, measurement: Measurement): void {
    if (!this.#open) return;
    const reading = this.#stamped(measurement);
    const refusal = refusalOf(reading);
    if (refusal === undefined) {
      const settled = this.#options.spool.append(reading);
      // Asked of the first ones alone: every reading after them would pay for the answer.
      if (!this.#stored)
        void settled.then((fate) => {
          if (fate === 'durable') this.#stored = true;
        });
    } else this.#refuse(source, refusal);
  }

  #stamped({ sensor, unit, value, at, suspect, priority, region }: Measurement): Reading {
    const { clock, synced } = this.#options;
    const nowMs = clock.monotonic();
    const takenMs = at?.monotonicMs ?? nowMs;
    const monotonicMs = Number.isFinite(takenMs) ? Math.min(takenMs, nowMs) : nowMs;
    return {
      name: sensor,
      unit: unit ?? '',
      value,
      monotonicMs,
      wallMs: clock.now() - (nowMs - monotonicMs),
      synced: synced(),
      suspect,
      priority,
      region,
    };
  }

  #refuse(source: string, refusal: string): void {
    const { clock, logger } = this.#options;
    this.#refused++;
    const known = this.#refusals.get(source) ?? { toldAt: Number.NEGATIVE_INFINITY, since: 0 };
    known.since++;
    if (clock.monotonic() - known.toldAt >= QUIET_FOR) {
      logger.warn({ sensor: source, times: known.since }, `refused: ${refusal}`);
      known.toldAt = clock.monotonic();
      known.since = 0;
    }
    this.#refusals.set(source, known);
  }
}
