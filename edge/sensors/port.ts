import type { RegionCode } from '@tashika/shared/regions';
import type { Duration } from '@tashika/shared/time';
import type { Priority } from '../spool/index.ts';

/** One value as a sensor took it; the spool turns it into a reading with a sequence number. */
export interface Measurement {
  /** SenML name (RFC 8428 §4.5.1): letters, digits and `-:./_`, beginning with a letter or digit. */
  readonly sensor: string;
  /** A unit from the SenML registry, such as `Cel`; left out where there is none. */
  readonly unit?: string;
  /** NaN and the infinities are refused at the spool's door, counted and logged. */
  readonly value: number | string | boolean;
  /**
   * When the value was taken, as `clock.monotonic()` of the Clock that the sensors were created with.
   * Left out: the moment `measured` is called.
   */
  readonly at?: { readonly monotonicMs: Duration };
  /** Outside of the range that the sensor is configured for: sent and counted, and kept out of statistics of values. */
  readonly suspect?: true | undefined;
  /** What a full spool gives up first, or last; left out: `normal`. */
  readonly priority?: Priority | undefined;
  /** Where a device that moves took it; left out: the agent's region. */
  readonly region?: RegionCode | undefined;
}

/** `failed` is not the end: a source keeps trying and reports `running` when it has its device again. */
export type SensorState = 'starting' | 'running' | 'failed';

/** Where a source puts what it has. No call throws, and none waits: backpressure is the spool's business. */
export interface SensorSink {
  measured(measurement: Measurement): void;
  /** Tells a change of state; `detail` is a sentence for a person, with the device's name in it. */
  state(state: SensorState, detail?: string): void;
}

/** One line of `tashika-edge check`. */
export interface CheckLine {
  /** What was looked at: `serial /dev/ttyUSB0`, `disk`, `clock`. */
  readonly subject: string;
  /** `warn` is worth a look and does not fail the check; `fail` does. */
  readonly verdict: 'ok' | 'warn' | 'fail';
  /** What was found and, unless it is `ok`, what to do. */
  readonly detail: string;
}

/** What a source counts of itself, since it was made. */
export interface SensorFigures {
  /** How often it failed and was started again. */
  readonly failures: number;
  /** Measurements that became no reading, because the configuration asks for fewer. */
  readonly heldBack: number;
}

/** A thing that measures: a serial line, a GPIO line, an MQTT subscription, the machine itself. */
export interface SensorSource {
  /** Unique among the configured sources; it labels logs and metrics: `system`, `serial:/dev/ttyUSB0`. */
  readonly name: string;
  readonly figures?: SensorFigures;
  /** Begins to measure. A device that is not there is a state, not a rejection: the agent runs on without it. */
  start(sink: SensorSink): Promise<void>;
  /** Ends measuring; afterwards the sink is not called. Idempotent. */
  stop(): Promise<void>;
  /** Looks at the device without disturbing it and without `start`. Never rejects. */
  check(): Promise<readonly CheckLine[]>;
}
