import type { Clock, Duration, TimerHandle, Timestamp } from '@tashika/shared/time';
import { type DaysUse, dayInJapan, NOTHING_USED } from '../clock/index.ts';
import { keptUse } from '../uplink/use-file.ts';
import type { Ended, Stage, UpdaterState } from './state.ts';
import { seenState } from './state-file.ts';

const LOOK_EVERY: Duration = 60_000;

/** What the updater is at: `idle` is without an action, `unknown` without a file that can be read. */
export const STAGES = [
  ...(['idle', 'downloading', 'verifying', 'ready', 'installing', 'trial', 'confirming', 'falling-back'] as const),
  'unknown',
] as const satisfies readonly (Stage['at'] | 'idle' | 'unknown')[];
export const OUTCOMES = ['none', 'success', 'failure', 'cancelled', 'unknown'] as const satisfies readonly (
  | Ended['outcome']
  | 'none'
  | 'unknown'
)[];

/** What the agent tells of the updater beside it, which has no port of its own. */
export interface UpdaterFigures {
  readonly stage: (typeof STAGES)[number];
  /** What is under way. */
  readonly action: { readonly id: string; readonly image: string } | undefined;
  /** When the updater last took a step, by the wall clock of that moment. Questions without news are no step. */
  readonly lastStepAt: Timestamp | undefined;
  readonly lastOutcome: (typeof OUTCOMES)[number];
  /** How the last action ended, in words. */
  readonly last: { readonly id: string; readonly detail: string } | undefined;
  /** Of the running day in Japan, as last kept; undefined where nothing counts or none can be read. */
  readonly bytesToday: number | undefined;
}

/** Reads the updater's files once a minute, and writes none. */
export class SeenUpdater {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #synced: () => boolean;
  #seen: { readonly state: UpdaterState; readonly at: Timestamp } | undefined;
  #use: DaysUse | undefined;
  #timer: TimerHandle | undefined;
  #ended = false;

  /** @param directory the updater's @param synced whether the wall clock is right now */
  constructor(directory: string, { clock, synced }: { readonly clock: Clock; readonly synced: () => boolean }) {
    this.#directory = directory;
    this.#clock = clock;
    this.#synced = synced;
  }

  /** Looks now and once a minute until `stop`. What can't be read is unknown, so it never rejects. */
  async start(): Promise<void> {
    const [seen, use] = await Promise.all([seenState(this.#directory), keptUse(this.#directory)]);
    this.#seen = seen;
    this.#use = use === NOTHING_USED ? undefined : use;
    if (!this.#ended) this.#timer = this.#clock.after(LOOK_EVERY, () => void this.start());
  }

  stop(): void {
    this.#ended = true;
    this.#timer?.cancel();
  }

  get figures(): UpdaterFigures {
    const { state, at } = this.#seen ?? {};
    const { work, last } = state ?? {};
    const none = state === undefined ? 'unknown' : undefined;
    return {
      stage: work?.stage.at ?? none ?? 'idle',
      action: work && { id: work.deployment.id, image: `${work.deployment.kind}/${work.deployment.version}` },
      lastStepAt: at,
      lastOutcome: last?.outcome ?? none ?? 'none',
      last: last && { id: last.id, detail: last.detail },
      bytesToday: this.#use && this.#bytesToday(this.#use),
    };
  }

  #bytesToday({ day, bytes }: DaysUse): number {
    const today = this.#synced() ? dayInJapan(this.#clock.now()) : undefined;
    return today === undefined || day === undefined || day === today ? bytes : 0;
  }
}
