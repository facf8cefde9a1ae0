import { readFileSync } from 'node:fs';
import type { Timestamp } from '@tashika/shared/time';
import { describe, expect, it } from 'vitest';
import { policyOf, type WindowSettings } from '../windows/index.ts';
import { readRecord } from './recording.ts';
import { Replay, type TraceLine } from './replay.ts';
import { WindowTable } from './window-table.ts';

const MINUTE = 60_000;
const live = { lateToleranceMs: 5000, earlyToleranceMs: 5 * MINUTE, outOfOrderToleranceMs: 0 };

/** `12:07` on the day of the tests. */
const at = (clock: string): Timestamp => Date.parse(`2026-06-01T${clock}Z`);
const clockOf = (time: string | null) => (time === null ? null : time.slice(11, 16));

/** One reading of a numbered stream, or one of the source talk's messages where there is no number. */
function body(time: string, seq?: number, imsi = '295000000000001') {
  if (seq === undefined) return { timestamp: at(time), payloads: { pref: '13' }, imsi };
  const pack = [{ n: 'temp', v: 20, t: at(time) / 1000 }];
  return { timestamp: at(time), payloads: { v: 1, pref: '13', stream: 'a', seq, pack }, imsi };
}

class Run {
  readonly trace: TraceLine[] = [];
  readonly #table = new WindowTable();
  readonly #replay: Replay;

  constructor(settings: Partial<WindowSettings> = {}) {
    this.#replay = new Replay(policyOf({ ...live, ...settings }));
  }

  event(arrival: string, what: unknown, partition = '0'): this {
    const { trace, windows } = this.#replay.event({ kind: 'event', partition, enqueuedAt: at(arrival), body: what });
    this.#table.add(windows);
    this.trace.push(trace);
    return this;
  }

  tick(time: string): this {
    this.#replay.tick(at(time));
    return this;
  }

  get outcomes(): string[] {
    return this.trace.map(({ outcome, reason }) => (reason ? `${outcome}: ${reason}` : outcome));
  }

  get watermarks(): (string | null)[] {
    return this.trace.map(({ watermark }) => clockOf(watermark));
  }

  get windows(): string[] {
    return [...this.#table.sorted()].map(({ windowEnd, readings, events, late, revision }) => {
      return `${new Date(windowEnd).toISOString().slice(11, 19)} ${readings}/${events} late ${late} revision ${revision}`;
    });
  }
}

describe('the published example of Stream Analytics', () => {
  const lines = readFileSync(new URL('example.jsonl', import.meta.url), 'utf8')
    .trim()
    .split('\n');

  it('comes to what it says there, row by row, and with the watermark after each event', () => {
    const replay = new Replay(
      policyOf({
        policy: 'stream-analytics',
        lateToleranceMs: 5 * MINUTE,
        earlyToleranceMs: 5 * MINUTE,
        outOfOrderToleranceMs: 2 * MINUTE,
      }),
    );
    const rows = lines.map((line) => {
      const record = readRecord(line);
      if (record.kind !== 'event') throw new Error(`Not an event: ${line}`);
      const { outcome, eventTime, systemTimestamp, watermark } = replay.event(record).trace;
      return [clockOf(eventTime), outcome, clockOf(systemTimestamp), clockOf(watermark)];
    });
    expect(rows).toEqual([
      ['12:07', 'counted', '12:07', '12:05'],
      ['12:08', 'counted', '12:08', '12:06'],
      ['12:17', 'dropped', null, '12:06'],
      ['12:08', 'counted', '12:08', '12:06'],
      ['12:19', 'counted', '12:19', '12:17'],
      ['12:12', 'adjusted', '12:17', '12:17'],
      ['12:17', 'counted', '12:17', '12:17'],
      ['12:20', 'counted', '12:20', '12:18'],
      ['12:16', 'adjusted', '12:18', '12:18'],
      ['12:23', 'counted', '12:23', '12:21'],
      ['12:22', 'counted', '12:22', '12:21'],
      ['12:21', 'adjusted', '12:22', '12:21'],
    ]);
  });
});

describe('a replay', () => {
  it('counts a post once, however often it comes and in however many partitions', () => {
    const run = new Run()
      .event('12:00:01', body('12:00:00', 1))
      .event('12:00:02', body('12:00:00', 1))
      .event('12:00:03', body('12:00:00', 1), '1');
    expect(run.outcomes).toEqual(['counted', 'dropped: duplicate', 'dropped: duplicate']);
    expect(run.windows).toEqual(['12:00:00 1/1 late 0 revision 0']);
  });

  it('revises a final window once an event that comes after', () => {
    const run = new Run()
      .event('12:01:30', body('12:01:30', 1))
      .event('12:01:31', body('12:00:10', 2))
      .event('12:01:32', body('12:00:20', 3));
    expect(run.outcomes).toEqual(['counted', 'counted', 'counted']);
    expect(run.trace.map(({ late }) => late)).toEqual([undefined, 1, 1]);
    expect(run.windows).toEqual(['12:01:00 2/2 late 2 revision 2', '12:02:00 1/1 late 0 revision 0']);
  });

  it('revises nothing under the policy of Stream Analytics, which adjusts or drops', () => {
    const adjusting = new Run({ policy: 'stream-analytics' })
      .event('12:01:30', body('12:01:30', 1))
      .event('12:01:31', body('12:00:10', 2));
    expect(adjusting.trace[1]).toMatchObject({ outcome: 'adjusted', systemTimestamp: '2026-06-01T12:01:30.000Z' });
    expect(adjusting.windows).toEqual(['12:02:00 2/2 late 0 revision 0']);
    const dropping = new Run({ policy: 'stream-analytics', action: 'drop' })
      .event('12:01:30', body('12:01:30', 1))
      .event('12:01:31', body('12:00:10', 2))
      .event('12:01:32', body('12:00:10', 2));
    expect(dropping.outcomes).toEqual(['counted', 'dropped: too-late', 'dropped: duplicate']);
    expect(dropping.windows).toEqual(['12:02:00 1/1 late 0 revision 0']);
  });

  it('keeps as a dead letter what a worker would: the early under revise, and what it can not count', () => {
    const run = new Run()
      .event('12:00:00', body('12:05:00.001'))
      .event('12:00:00', 'no JSON')
      .event('12:00:00', { timestamp: at('12:00:00'), payloads: { pref: 'Atlantis' } })
      .event('12:00:00', null);
    expect(run.outcomes).toEqual([
      'dead-letter: event-too-early',
      'dead-letter: invalid-json',
      'dead-letter: unknown-region',
      'dead-letter: not-an-object',
    ]);
    expect(run.trace[1]).toMatchObject({ eventTime: null, systemTimestamp: null });
    expect(run.windows).toEqual([]);
  });

  it('moves the watermark with the arrival clock when it ticks, and never back', () => {
    const run = new Run().event('12:00:00', body('12:00:00', 1)).tick('12:03:05').tick('12:02:00');
    run.event('12:03:06', body('12:03:00', 2));
    expect(run.watermarks).toEqual(['12:00', '12:03']);
    expect(run.windows).toEqual(['12:00:00 1/1 late 0 revision 0', '12:03:00 1/1 late 1 revision 1']);
  });

  it('waits for the slowest partition, from its first event on', () => {
    const run = new Run({ lengthMs: 60 * MINUTE })
      .event('12:10:00', body('12:10:00', 1))
      .event('12:04:00', body('12:04:00', 2), '1')
      .event('12:11:00', body('12:11:00', 3))
      .event('12:12:00', body('12:12:00', 4), '1');
    expect(run.watermarks).toEqual(['12:10', '12:04', '12:04', '12:11']);
    expect(run.windows).toEqual(['13:00:00 4/4 late 0 revision 0']);
  });

  it('keeps what is final when a partition appears late: revised, or untouched under Stream Analytics', () => {
    const lateComer = (policy: 'revise' | 'stream-analytics') =>
      new Run({ policy })
        .event('12:01:00', body('12:01:00', 1))
        .event('12:02:30', body('12:02:30', 2))
        .event('12:01:00', body('12:00:59', 3), '1');
    const revising = lateComer('revise');
    expect(revising.windows).toEqual(['12:01:00 2/2 late 1 revision 1', '12:03:00 1/1 late 0 revision 0']);
    expect(revising.watermarks).toEqual(['12:01', '12:02', '12:02']);
    const adjusting = lateComer('stream-analytics');
    expect(adjusting.windows).toEqual(['12:01:00 1/1 late 0 revision 0', '12:03:00 2/2 late 0 revision 0']);
    expect(adjusting.watermarks).toEqual(['12:01', '12:02', '12:02']);
    expect(adjusting.trace[2]).toMatchObject({ outcome: 'adjusted', systemTimestamp: '2026-06-01T12:02:00.001Z' });
  });

  it('takes a tick for every partition, also for those that have had no event yet', () => {
    const run = new Run().tick('12:03:05').event('12:01:00', body('12:01:00', 1));
    expect(run.watermarks).toEqual(['12:03']);
    expect(run.windows).toEqual(['12:01:00 1/1 late 1 revision 1']);
  });

  it('takes arrival times that go back as they are', () => {
    const run = new Run().event('12:10:00', body('12:10:00', 1)).event('12:00:00', body('12:00:00', 2));
    expect(run.watermarks).toEqual(['12:10', '12:10']);
    expect(run.outcomes).toEqual(['counted', 'counted']);
  });

  it('counts a reading in every hopping window that holds it, and its post as often', () => {
    const run = new Run({ hopMs: 20_000 }).event('12:00:10', body('12:00:10', 1));
    expect(run.windows).toEqual(['12:00:20', '12:00:40', '12:01:00'].map((end) => `${end} 1/1 late 0 revision 0`));
  });

  it('takes no more partitions than any hub has', () => {
    const run = new Run();
    for (let partition = 0; partition < 2048; partition++) run.event('12:00:00', body('12:00:00'), String(partition));
    expect(() => run.event('12:00:00', body('12:00:00'), 'one more')).toThrow(/more than 2048 partitions/);
  });
});
