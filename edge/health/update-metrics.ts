import { Gauge, type Registry } from 'prom-client';
import { OUTCOMES, STAGES, type UpdaterFigures } from '../update/seen-updater.ts';

/** A label is no place for more, whatever a file says. */
const MOST_LABEL = 100;

/** Gauges of the updater beside the agent. What is unknown has no sample. */
export function updateMetrics(registry: Registry, figures: () => UpdaterFigures | undefined): void {
  function gauge<Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[],
    set: (gauge: Gauge<Label>, figures: UpdaterFigures) => void,
  ): void {
    new Gauge({
      name: `tashika_edge_update_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        const now = figures();
        if (now) set(this, now);
      },
    });
  }

  gauge('stage', '1 for the stage that the updater is at, as its file tells.', ['stage'], (each, { stage }) => {
    for (const name of STAGES) each.set({ stage: name }, name === stage ? 1 : 0);
  });
  gauge('action_info', 'The action and the image that are under way.', ['action', 'image'], (each, { action }) => {
    if (action) each.set({ action: action.id.slice(0, MOST_LABEL), image: action.image.slice(0, MOST_LABEL) }, 1);
  });
  gauge('last_outcome', '1 for how the last action ended.', ['outcome'], (each, { lastOutcome }) => {
    for (const outcome of OUTCOMES) each.set({ outcome }, outcome === lastOutcome ? 1 : 0);
  });
  gauge(
    'last_step_timestamp_seconds',
    'When the updater last took a step; questions without news are none.',
    [],
    (each, { lastStepAt }) => {
      if (lastStepAt !== undefined) each.set(lastStepAt / 1_000);
    },
  );
  gauge(
    'today_bytes',
    'Bytes of updates in the running day in Japan, as last kept; without uplink.dailyBytes nobody counts them.',
    [],
    (each, { bytesToday }) => {
      if (bytesToday !== undefined) each.set(bytesToday);
    },
  );
}
