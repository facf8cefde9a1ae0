import type { Timestamp } from '@tashika/shared/time';
import type { Queryable } from '../../store/index.ts';
import type { LiveMessage, Window } from '../shapes.ts';
import { frame } from './event-stream.ts';
import { MOST_WINDOWS_A_MESSAGE, type Pulse, readChanges, readRecent, type Standpoint } from './pulse.ts';
import { goesBack, sameFinal } from './standpoints.ts';

/**
 * What one look at the store has to say, to whoever stands where. Each event is made once, however many clients
 * get it; most looks make one.
 */
export class Report {
  readonly standpoint: Pulse;
  readonly #store: Queryable;
  readonly #head: Omit<LiveMessage, 'windows'>;
  readonly #now: Timestamp;
  readonly #deltas = new Map<string, Promise<Buffer>>();
  #snapshot: Promise<LiveMessage> | undefined;
  #snapshotBytes: Promise<Buffer> | undefined;

  constructor(store: Queryable, standpoint: Pulse, now: Timestamp, figures: LiveMessage['figures']) {
    this.#store = store;
    this.standpoint = standpoint;
    this.#now = now;
    this.#head = {
      id: String(standpoint.changeId),
      asOf: new Date(now).toISOString(),
      watermark: isoOf(standpoint.watermark),
      finalUntil: isoOf(standpoint.finalUntil),
      windowing: standpoint.windowing,
      figures,
    };
  }

  /** Where things stand. */
  snapshot(): Promise<LiveMessage> {
    this.#snapshot ??= readRecent(this.#store, this.standpoint.finalUntil, this.#now).then((windows) => ({
      ...this.#head,
      windows,
    }));
    return this.#snapshot;
  }

  /** The event for one who stands at `since`: what changed, or a snapshot where that can't be told or is too much. */
  async eventFor(since: Standpoint | undefined): Promise<Buffer> {
    if (since === undefined || goesBack(since, this.standpoint)) return this.#snapshotEvent();
    const key = `${since.changeId} ${since.finalUntil}`;
    let text = this.#deltas.get(key);
    if (!text) {
      text = this.#deltaEvent(since);
      this.#deltas.set(key, text);
    }
    return text;
  }

  async #deltaEvent(since: Standpoint): Promise<Buffer> {
    const windows = await this.#changes(since);
    if (windows.length > MOST_WINDOWS_A_MESSAGE) return this.#snapshotEvent();
    return frame('delta', this.#head.id, JSON.stringify({ ...this.#head, windows }));
  }

  async #changes(since: Standpoint): Promise<readonly Window[]> {
    const { changeId, finalUntil, windowing } = this.standpoint;
    if (since.changeId === changeId && sameFinal(since.finalUntil, finalUntil, windowing.hopMs)) return [];
    return readChanges(this.#store, since, finalUntil);
  }

  #snapshotEvent(): Promise<Buffer> {
    this.#snapshotBytes ??= this.snapshot().then((message) => frame('snapshot', message.id, JSON.stringify(message)));
    return this.#snapshotBytes;
  }
}

function isoOf(time: Timestamp | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
