import { type HubAddress, redrive, registerPartitions } from '@tashika/cloud/ingest';
import type { Store } from '@tashika/cloud/store';
import { policyOf } from '@tashika/cloud/windows';
import { expect } from 'vitest';
import { Comparison } from './comparison.ts';
import { Crew } from './crew.ts';
import type { Delivery } from './distinct.ts';
import { Field } from './field.ts';
import { MemoryHub } from './hub.ts';
import { Model, type Settings } from './model.ts';
import { PARTITIONS, type Step } from './schedule.ts';
import type { Shown } from './shown.ts';
import { eventText, offset } from './story.ts';
import { ScheduleClock } from './worker.ts';

/** What a schedule is played on; the store is empty. */
export interface Stage {
  readonly store: Store;
  readonly settings: Settings;
  /** Called with each thing that a schedule met, so that a run can tell that it met them all. */
  readonly met?: (what: string) => void;
}

const ADDRESS: HubAddress = { namespace: 'model', hub: 'telemetry', consumerGroup: '$Default' };
/** Half a minute past noon, so that both ends of a minute are near. */
const START = Date.UTC(2026, 5, 1, 12, 0, 30);

/** One worker reads everything to the end, and the hub has nothing more. */
const EPILOGUE: readonly Step[] = [
  { does: 'catch-up', worker: 'A' },
  { does: 'tick', owner: 0 },
];

/** Plays one schedule on the product and on the model side by side, and compares them after every step. */
export class Play {
  /** What has happened so far, in sentences. */
  readonly story: string[] = [];
  readonly #stage: Stage;
  readonly #clock = new ScheduleClock(START);
  readonly #model: Model;
  readonly #field: Field;
  readonly #crew: Crew;
  readonly #comparison: Comparison;
  readonly #deliveries: Delivery[] = [];

  constructor(stage: Stage) {
    this.#stage = stage;
    const { store, settings, met = () => {} } = stage;
    const tell = (sentence: string) => this.story.push(sentence);
    const hub = new MemoryHub(PARTITIONS);
    this.#model = new Model(PARTITIONS, settings);
    this.#field = new Field(hub, tell);
    const parts = { store, hub, address: ADDRESS, clock: this.#clock, policy: policyOf(settings), settings };
    this.#crew = new Crew(parts, this.#model, {
      tell,
      met,
      delivered: (events) => {
        for (const event of events) this.#deliveries.push({ event, arrivedAt: event.enqueuedAt });
      },
    });
    this.#comparison = new Comparison(store, settings, this.#model);
  }

  /** @throws an assertion of what the product does and the model does not; `story` ends with the step */
  async run(steps: readonly Step[]): Promise<void> {
    const { store, settings } = this.#stage;
    await registerPartitions(store, ADDRESS, { createdAt: START, partitionIds: PARTITIONS }, policyOf(settings));
    for (const partition of PARTITIONS) await this.#crew.claim('A', partition);
    for (const step of [...steps, ...EPILOGUE]) {
      if (await this.#perform(step)) await this.#comparison.compare();
    }
    this.#tellWhatItMet(await this.#comparison.compareAtTheEnd(this.#deliveries, this.#clock));
  }

  /** Performs a step; true if it may have changed what the store counts. */
  async #perform(step: Step): Promise<boolean> {
    switch (step.does) {
      case 'wait':
        this.story.push(`${offset(step.time).slice(3)} pass`);
        await this.#clock.advance(step.time);
        return false;
      case 'redrive':
        return this.#redrive(step.letter);
      case 'list':
      case 'claim':
      case 'read':
      case 'commit':
      case 'commit-all':
      case 'lose-batch':
      case 'crash':
      case 'ask':
      case 'tick':
      case 'catch-up':
        return this.#crew.perform(step);
      default:
        this.#field.perform(step, this.#clock.now());
        return false;
    }
  }

  async #redrive(letter: number): Promise<boolean> {
    const { store, settings } = this.#stage;
    const open = this.#model.openLetters;
    const event = open[letter % open.length];
    if (!event) return false;
    const now = this.#clock.now();
    this.story.push(`the dead letter ${eventText(event)} is driven again`);
    const [row] = await store.query<{ id: number }>(
      'SELECT id FROM dead_letter WHERE partition_id = $1 AND sequence_number = $2',
      [event.partitionId, event.sequenceNumber],
    );
    const redriven = await redrive(store, row!.id, now, { windows: settings, windowsKeptMs: settings.windowsKeptMs });
    expect(redriven?.outcome, 'what comes of driving it again').toBe(this.#model.redrive(event, now));
    this.#deliveries.push({ event, arrivedAt: now });
    return true;
  }

  #tellWhatItMet({ windows, partitions, streams, deadLetters }: Shown): void {
    const totals = Object.values(partitions);
    const happened = {
      'a revised window': Object.values(windows).some(({ state }) => state === 'revised'),
      'a duplicate': totals.some(({ duplicates }) => duplicates > 0),
      'an event that the hub let go': totals.some(({ skipped }) => skipped > 0),
      'a reading adjusted': totals.some(({ adjusted }) => adjusted > 0),
      'a reading dropped': totals.some(({ dropped }) => dropped > 0),
      'a reading lost': Object.values(streams).some(({ lost }) => lost.length > 0),
      'a reading missing': Object.values(this.#model.missing()).some((missing) => missing.length > 0),
    };
    for (const [what, did] of Object.entries(happened)) if (did) this.#stage.met?.(what);
    for (const reason of Object.values(deadLetters)) this.#stage.met?.(`a dead letter: ${reason}`);
  }
}
