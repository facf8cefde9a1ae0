import type { Measurement, SensorSink, SensorState } from '../port.ts';

/** Keeps what a source says, and lets a test wait for it. */
export class RecordingSink implements SensorSink {
  readonly measurements: Measurement[] = [];
  readonly states: { readonly state: SensorState; readonly detail?: string }[] = [];
  #waiting: (() => void)[] = [];

  measured(measurement: Measurement): void {
    this.measurements.push(measurement);
    this.#wake();
  }

  state(state: SensorState, detail?: string): void {
    this.states.push({ state, ...(detail !== undefined && { detail }) });
    this.#wake();
  }

  /** The values of one sensor, in order. */
  valuesOf(sensor: string): Measurement['value'][] {
    return this.measurements.filter((each) => each.sensor === sensor).map(({ value }) => value);
  }

  /** Resolves when `condition` holds; checked at everything the source says. Rejects after `withinMs`. */
  async until(condition: (sink: this) => boolean, withinMs = 10_000): Promise<void> {
    const deadline = performance.now() + withinMs;
    while (!condition(this)) {
      const restMs = deadline - performance.now();
      if (restMs <= 0)
        throw new Error(`Not within ${withinMs} ms: ${condition}. States: ${JSON.stringify(this.states)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, restMs);
        this.#waiting.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  /** How often a state was told. */
  count(state: SensorState): number {
    return this.states.filter((each) => each.state === state).length;
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
