import type { CheckLine, SensorSink, SensorSource } from '../sensors/port.ts';

/** A source whose readings, `probe/count`, a test takes by hand. */
export class Probe implements SensorSource {
  readonly name = 'probe';
  #sink: SensorSink | undefined;

  /** Takes a reading. @throws Error before an agent has started it */
  take(value: number): void {
    if (!this.#sink) throw new Error('No agent has started the probe.');
    this.#sink.measured({ sensor: 'probe/count', value });
  }

  async start(sink: SensorSink): Promise<void> {
    this.#sink = sink;
  }

  async stop(): Promise<void> {}

  async check(): Promise<readonly CheckLine[]> {
    return [];
  }
}
