import { mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayInJapan } from '../clock/index.ts';
import { until } from '../testing/until.ts';
import { SeenUpdater } from '../update/seen-updater.ts';
import { NOTHING_DONE, type UpdaterState } from '../update/state.ts';
import { writeState } from '../update/state-file.ts';
import { updateMetrics } from './update-metrics.ts';

const STATE: UpdaterState = {
  ...NOTHING_DONE,
  work: {
    deployment: {
      ...{ id: '7', kind: 'agent', version: '2.0.0', path: '/b', bytes: 9, sha256: 'ab' },
      ...{ mayDownload: true, mayInstall: true },
    },
    stage: { at: 'downloading', fruitless: 0, anew: false },
  },
  last: { id: '6', outcome: 'failure', detail: 'It never came up.' },
};

let directory: string;
let clock: TestClock;
let updater: SeenUpdater;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tashika-seen-'));
  clock = new TestClock();
  updater = new SeenUpdater(directory, { clock, synced: () => true });
});
afterEach(() => {
  updater.stop();
  rmSync(directory, { recursive: true });
});

const used = (day: number, bytes: number) =>
  writeFileSync(join(directory, 'uplink-use.json'), JSON.stringify({ day, bytes, ranMs: 0 }));
const today = () => dayInJapan(clock.now());

async function metrics(): Promise<readonly string[]> {
  const registry = new Registry();
  updateMetrics(registry, () => updater.figures);
  const samples = (await registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return samples.filter((line) => !line.endsWith(' 0')).map((line) => line.replace('tashika_edge_update_', ''));
}

describe('what the agent tells of the updater beside it', () => {
  it('is unknown while there are no files', async () => {
    await updater.start();
    expect(await metrics()).toEqual(['stage{stage="unknown"} 1', 'last_outcome{outcome="unknown"} 1']);
  });

  it('is what is under way, since when, the last outcome and the bytes of today, and is looked up every minute', async () => {
    await writeState(directory, STATE);
    utimesSync(join(directory, 'update.json'), 1_700_000_000, 1_700_000_000);
    used(today(), 4_096);
    await updater.start();
    expect(await metrics()).toEqual([
      'stage{stage="downloading"} 1',
      'action_info{action="7",image="agent/2.0.0"} 1',
      'last_outcome{outcome="failure"} 1',
      'last_step_timestamp_seconds 1700000000',
      'today_bytes 4096',
    ]);
    await writeState(directory, { ...NOTHING_DONE, last: { id: '7', outcome: 'success', detail: '' } });
    used(today() - 1, 8_192);
    expect(updater.figures.stage).toBe('downloading');
    await clock.advance(60_000);
    await until(() => updater.figures.stage === 'idle');
    expect(updater.figures).toMatchObject({ action: undefined, lastOutcome: 'success', bytesToday: 0 });
  });

  it.each([
    ['is cut short', '{"v":1,"work":{"depl'],
    ['is damaged in a part', JSON.stringify({ v: 1, ...STATE, work: { stage: { at: 'trial' } } })],
    ['is larger than any', JSON.stringify({ v: 1, ...STATE, more: 'x'.repeat(300_000) })],
  ])('is unknown, and no error, where a file %s', async (_what, text) => {
    writeFileSync(join(directory, 'update.json'), text);
    writeFileSync(join(directory, 'uplink-use.json'), text);
    await updater.start();
    expect(await metrics()).toEqual(['stage{stage="unknown"} 1', 'last_outcome{outcome="unknown"} 1']);
  });

  it('may be read by an agent that is another user', async () => {
    await writeState(directory, STATE);
    expect((statSync(join(directory, 'update.json')).mode & 0o777).toString(8)).toBe('644');
  });
});
