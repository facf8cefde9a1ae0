import type { CheckLine, Measurement } from './port.ts';

/** What a driver tells while it has its device. */
export interface DeviceSession {
  measured(measurement: Measurement): void;
  /** The device works; `detail` says what is worth knowing: what is missing, what was thrown away. */
  running(detail?: string): void;
}

/**
 * How to talk to one device, for one life of it. What happens between two lives (telling, waiting, trying again)
 * is the supervisor's, so that every sensor fails and comes back alike.
 */
export interface SensorDriver {
  /** Unique among the sources: `serial:greenhouse`. */
  readonly name: string;
  /** The first pause after a failure, in ms. */
  readonly reconnectMs?: number;
  /** Opens the device and measures until `signal` aborts, then resolves. Rejects when the device fails or is lost. */
  run(session: DeviceSession, signal: AbortSignal): Promise<void>;
  /** Looks at the device without disturbing a running agent. */
  check(): Promise<readonly CheckLine[]>;
}
