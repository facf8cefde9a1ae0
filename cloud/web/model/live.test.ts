import type { RegionCode } from '@tashika/shared/regions';
import { describe, expect, it } from 'vitest';
import type { LiveMessage, WindowRow } from './contract.ts';
import { applyDelta, applyHistory, applySnapshot, knowsMinute, nothingYet, serverNow } from './live.ts';

const TOKYO = '13' as RegionCode;
const OSAKA = '27' as RegionCode;
const at = (time: string) => Date.parse(`2026-05-30T${time}Z`);
const iso = (time: string) => new Date(at(time)).toISOString();

function row(time: string, region: RegionCode, readings: number, more: Partial<WindowRow> = {}): WindowRow {
  return { windowEnd: iso(time), region, readings, events: 1, late: 0, state: 'final', revision: 0, ...more };
}

const MINUTE = 60_000;

function message(id: string, asOf: string, windows: WindowRow[], watermark: string | null = asOf): LiveMessage {
  const finalUntil = watermark && iso(watermark);
  const windowing = { lengthMs: MINUTE, hopMs: MINUTE };
  const figures = {
    eventsPerSecond: 1,
    readingsPerSecond: 3,
    watermarkDelayMs: 0,
    late: 0,
    duplicates: 0,
    deadLetters: 0,
    devicesReporting: 1,
    devicesSilent: 0,
  };
  return { id, asOf: iso(asOf), watermark: finalUntil, finalUntil, windowing, figures, windows };
}

const first = applySnapshot(nothingYet, message('10', '14:02:30', [row('14:02:00', TOKYO, 60)], '14:02:20'), 1_000);
const readingsOf = (state: typeof first, time: string, region = TOKYO) =>
  state.minutes.get(at(time))?.get(region)?.readings;

describe('a snapshot', () => {
  it('is where things stand', () => {
    expect(readingsOf(first, '14:02:00')).toBe(60);
    expect(first).toMatchObject({ id: '10', asOf: at('14:02:30'), watermark: at('14:02:20'), receivedAt: 1_000 });
  });

  it('tells what is final apart from the watermark, and how windows are counted', () => {
    const told = { ...message('11', '14:02:31', []), finalUntil: iso('14:01:59') };
    for (const next of [applySnapshot(first, told, 2_000), applyDelta(first, told, 2_000)])
      expect(next).toMatchObject({ finalUntil: at('14:01:59'), windowing: { lengthMs: MINUTE, hopMs: MINUTE } });
  });

  it('takes away the rows of its span that it does not hold', () => {
    const other = applySnapshot(first, message('1', '14:02:40', [row('14:02:00', OSAKA, 5)], '14:02:20'), 2_000);
    expect(readingsOf(other, '14:02:00')).toBeUndefined();
    expect(readingsOf(other, '14:02:00', OSAKA)).toBe(5);
  });

  it('asks for the history anew, and keeps the older rows to look at until it comes', () => {
    const generation = first.generation;
    const loaded = applyHistory(first, { generation, region: TOKYO, windows: [row('13:30:00', TOKYO, 44)] });
    const again = applySnapshot(loaded, message('90', '14:05:00', []), 9_000);
    expect(readingsOf(again, '13:30:00')).toBe(44);
    expect(again.loadedRegions.has(TOKYO)).toBe(false);
    const reloaded = applyHistory(again, {
      generation: again.generation,
      region: TOKYO,
      windows: [row('13:30:00', TOKYO, 51)],
    });
    expect(readingsOf(reloaded, '13:30:00')).toBe(51);
    expect(reloaded.loadedRegions.has(TOKYO)).toBe(true);
  });
});

describe('a delta', () => {
  it('replaces rows by window and region and leaves the others', () => {
    const next = applyDelta(
      first,
      message('11', '14:02:31', [row('14:03:00', TOKYO, 7), row('14:03:00', OSAKA, 2)]),
      1_500,
    );
    const last = applyDelta(next!, message('12', '14:02:32', [row('14:03:00', TOKYO, 9)]), 1_700);
    expect(readingsOf(last!, '14:02:00')).toBe(60);
    expect(readingsOf(last!, '14:03:00')).toBe(9);
    expect(readingsOf(last!, '14:03:00', OSAKA)).toBe(2);
  });

  it('with nothing changed still brings the time, the watermark and the figures', () => {
    const next = applyDelta(first, message('10', '14:02:32', [], '14:02:25'), 3_000);
    expect(next).toMatchObject({ asOf: at('14:02:32'), watermark: at('14:02:25'), receivedAt: 3_000 });
    expect(next?.minutes).toBe(first.minutes);
  });

  it('before any snapshot, or from a store that counts from an earlier number, calls for a snapshot', () => {
    expect(applyDelta(nothingYet, message('11', '14:02:31', []), 0)).toBeNull();
    expect(applyDelta(first, message('9', '14:02:31', []), 0)).toBeNull();
  });

  it('compares change numbers as numbers, not as text', () => {
    expect(applyDelta(first, message('9999999999999999', '14:02:31', []), 0)).not.toBeNull();
    const far = applyDelta(first, message('99', '14:02:31', []), 0)!;
    expect(applyDelta(far, message('100', '14:02:32', []), 0)).not.toBeNull();
  });

  it('lets go of what is older than two hours', () => {
    const next = applyDelta(first, message('11', '16:03:00', []), 0);
    expect(readingsOf(next!, '14:02:00')).toBeUndefined();
  });
});

describe('history', () => {
  it('never replaces a row that the feed brought meanwhile', () => {
    const newer = applyDelta(
      first,
      message('11', '14:02:31', [row('13:00:00', TOKYO, 72, { late: 2, revision: 1 })]),
      0,
    )!;
    const late = applyHistory(newer, {
      generation: newer.generation,
      region: TOKYO,
      windows: [row('13:00:00', TOKYO, 70), row('13:01:00', TOKYO, 68)],
    });
    expect(readingsOf(late, '13:00:00')).toBe(72);
    expect(readingsOf(late, '13:01:00')).toBe(68);
  });

  it('that was asked for before the latest snapshot is dropped', () => {
    const again = applySnapshot(first, message('50', '14:03:00', []), 0);
    const windows = [row('13:00:00', TOKYO, 70)];
    expect(applyHistory(again, { generation: first.generation, region: TOKYO, windows })).toBe(again);
  });
});

describe('a minute is known for all regions', () => {
  it('when the snapshot covers it or it was loaded', () => {
    expect(knowsMinute(first, at('14:02:00'))).toBe(true);
    expect(knowsMinute(first, at('13:50:00'))).toBe(false);
    const minute = at('13:50:00');
    const loaded = applyHistory(first, { generation: first.generation, minute, windows: [] });
    expect(knowsMinute(loaded, minute)).toBe(true);
  });

  it('back to the watermark, because a snapshot holds every open window', () => {
    const lagging = applySnapshot(nothingYet, message('10', '14:20:00', [], '14:05:30'), 0);
    expect(knowsMinute(lagging, at('14:06:00'))).toBe(true);
    expect(knowsMinute(lagging, at('14:05:00'))).toBe(false);
  });
});

it('time goes on from the server’s last word by the monotonic clock', () => {
  expect(serverNow(first, 31_500)).toBe(at('14:03:00.500'));
  expect(serverNow(first, 0)).toBe(at('14:02:30'));
});
