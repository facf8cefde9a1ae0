import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Measurement, SensorSink, SensorSource, SensorState } from '../port.ts';
import { dueAt, dueReport, type Known, marked, remembers, reportsNow, ruleOf, waits } from './rule.ts';
import type { ReportingRule } from './settings.ts';

/** A source may make up names without end; the one that was quiet the longest is forgotten, and begins anew. */
const MOST_NAMES = 4_096;

interface Entry {
  readonly rule: ReportingRule;
  known: Known;
  timer: { readonly handle: TimerHandle; readonly at: Duration } | undefined;
}

export interface ReportingOptions {
  readonly clock: Clock;
  /** How many names are remembered. */
  readonly mostNames?: number;
}

/** The source, with its measurements held back, marked and repeated as the rules say. */
export function reportedBy(
  rules: readonly ReportingRule[],
  source: SensorSource,
  options: ReportingOptions,
): SensorSource {
  return rules.length === 0 ? source : new ReportedSource(rules, source, options);
}

class ReportedSource implements SensorSource {
  readonly name: string;
  readonly #rules: readonly ReportingRule[];
  readonly #source: SensorSource;
  readonly #clock: Clock;
  readonly #mostNames: number;
  readonly #entries = new Map<string, Entry>();
  #sink: SensorSink | undefined;
  #heldBack = 0;

  constructor(
    rules: readonly ReportingRule[],
    source: SensorSource,
    { clock, mostNames = MOST_NAMES }: ReportingOptions,
  ) {
    this.name = source.name;
    this.#rules = rules;
    this.#source = source;
    this.#clock = clock;
    this.#mostNames = mostNames;
  }

  get figures() {
    return { failures: this.#source.figures?.failures ?? 0, heldBack: this.#heldBack };
  }

  start(sink: SensorSink): Promise<void> {
    this.#sink = sink;
    return this.#source.start({
      measured: (measurement) => this.#measured(measurement),
      state: (state, detail) => this.#state(state, detail),
    });
  }

  async stop(): Promise<void> {
    await this.#source.stop();
    for (const { rule, known, timer } of this.#entries.values()) {
      timer?.handle.cancel();
      if (known.held && waits(rule, known)) this.#sink?.measured(known.held);
      else if (known.held) this.#heldBack++;
    }
    this.#entries.clear();
    this.#sink = undefined;
  }

  check: SensorSource['check'] = () => this.#source.check();

  #measured(measurement: Measurement): void {
    const { sensor, value } = measurement;
    const rule = this.#entries.get(sensor)?.rule ?? ruleOf(this.#rules, sensor);
    // What can be no reading is refused at the spool's door, where it is counted and told.
    const hopeless = typeof value === 'number' && !Number.isFinite(value);
    if (rule === undefined || hopeless) this.#sink?.measured(measurement);
    else if (remembers(rule)) this.#weigh(rule, marked(rule, measurement));
    else this.#sink?.measured(marked(rule, measurement));
  }

  #weigh(rule: ReportingRule, measurement: Measurement): void {
    const now = this.#clock.monotonic();
    const taken = { ...measurement, at: measurement.at ?? { monotonicMs: now } };
    const entry = this.#entries.get(taken.sensor);
    if (entry?.known.held) this.#heldBack++;
    if (reportsNow(rule, entry?.known, taken, now)) {
      this.#keep(taken.sensor, rule, { reported: taken, reportedAt: now, fresh: true });
      this.#sink?.measured(taken);
    } else this.#keep(taken.sensor, rule, { ...entry!.known, held: taken, fresh: true });
  }

  #keep(sensor: string, rule: ReportingRule, known: Known): void {
    const entry = this.#entries.get(sensor) ?? { rule, known, timer: undefined };
    entry.known = known;
    this.#entries.delete(sensor); // so that it becomes the youngest
    this.#entries.set(sensor, entry);
    if (this.#entries.size > this.#mostNames) this.#forget(this.#entries.keys().next().value!);
    this.#wait(sensor, entry);
  }

  #forget(sensor: string): void {
    const entry = this.#entries.get(sensor)!;
    entry.timer?.handle.cancel();
    if (entry.known.held) this.#heldBack++;
    this.#entries.delete(sensor);
  }

  /** One timer for any number of measurements: it is moved only when something is due earlier than it fires. */
  #wait(sensor: string, entry: Entry): void {
    const due = dueAt(entry.rule, entry.known);
    if (due === Number.POSITIVE_INFINITY || (entry.timer !== undefined && entry.timer.at <= due)) return;
    entry.timer?.handle.cancel();
    const handle = this.#clock.after(Math.max(0, due - this.#clock.monotonic()), () => this.#due(sensor, entry));
    entry.timer = { handle, at: due };
  }

  #due(sensor: string, entry: Entry): void {
    entry.timer = undefined;
    const now = this.#clock.monotonic();
    const { known } = entry;
    if (dueAt(entry.rule, known) > now) this.#wait(sensor, entry);
    else {
      const reported = dueReport(known, now);
      this.#keep(sensor, entry.rule, { reported, reportedAt: now, fresh: known.fresh });
      this.#sink?.measured(reported);
    }
  }

  #state(state: SensorState, detail: string | undefined): void {
    // A value from before a failure is not repeated as if it still held.
    if (state !== 'running') for (const entry of this.#entries.values()) entry.known = { ...entry.known, fresh: false };
    this.#sink?.state(state, detail);
  }
}
