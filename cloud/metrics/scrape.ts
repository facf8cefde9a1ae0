import { Gauge, type Registry } from 'prom-client';

/**
 * What metrics tell of, read once a scrape: all metrics of one scrape ask in the same turn of the event loop. Undefined where
 * it can not be read; a scrape then lacks them.
 */
export function onceAScrape<State>(read: () => Promise<State>): () => Promise<State | undefined> {
  let reading: Promise<State | undefined> | undefined;
  return () => {
    reading ??= read()
      .catch(() => undefined)
      .finally(() => {
        reading = undefined;
      });
    return reading;
  };
}

/** What makes gauges whose values, each with its labels, come from what was read for the scrape. */
export function gaugesOf<State>(registry: Registry, state: () => Promise<State | undefined>) {
  return <Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    of: (state: State) => readonly (readonly [labels: Record<Label, string>, value: number])[],
  ): void => {
    new Gauge({
      name,
      help,
      labelNames,
      registers: [registry],
      async collect() {
        const found = await state();
        this.reset();
        for (const [labels, value] of found ? of(found) : []) this.set(labels, value);
      },
    });
  };
}
