import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dayInJapan } from '../clock/index.ts';
import { BUNDLE, UpdateScene } from './testing/update-scene.ts';

const scene = UpdateScene.forEachTest();
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const DAILY = 1_000_000;

const today = () => dayInJapan(scene.device.clock.now());
const agentHasUsed = (bytes: number, day = today()) =>
  writeFileSync(join(scene.device.dataDirectory, 'uplink-use.json'), JSON.stringify({ day, bytes, ranMs: 0 }));
const kept = () =>
  JSON.parse(readFileSync(join(scene.device.directory, 'uplink-use.json'), 'utf8')) as { day: number; bytes: number };
const offered = () => {
  const offer = scene.offered('7', { update: 'skip' });
  scene.device.settings = { TASHIKA_EDGE_UPLINK_DAILY_BYTES: String(DAILY) };
  return offer;
};
/** Looks on each time that the updater has slept. */
const onEachLeap = (look: () => void) => {
  const { clock } = scene.device;
  const { onLeap } = clock;
  clock.onLeap = async () => {
    look();
    await onLeap();
  };
};

describe('on a day whose bytes are used', () => {
  it('no image is tried, however good: its agent could not have a post answered, and it would be taken back', async () => {
    const offer = offered();
    scene.device.clock.setWall(Date.UTC(2026, 0, 1, 14)); // an hour before midnight in Japan
    await scene.device.update();
    offer.update = 'attempt';
    agentHasUsed(0.96 * DAILY);
    const first = today();
    const begun: number[] = [];
    scene.device.slots.before = (what) => void begun.push(what === 'install' ? today() - first : 1);
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(begun[0]).toBe(1);
    expect(scene.device.said).toContain('the update waits');
  });

  it('the server is asked once an hour and no more often, whatever it says: each poll would be readings held', async () => {
    offered();
    scene.server.offer = undefined;
    agentHasUsed(DAILY);
    const polls: number[] = [];
    const stop = new AbortController();
    scene.server.disturb = ({ method, url }, response) => {
      if (method !== 'GET' || url?.includes('/artifacts/')) return false;
      polls.push(scene.device.clock.monotonic());
      if (polls.length === 3) stop.abort();
      response.end(JSON.stringify({ config: { polling: { sleep: '00:00:00' } } }));
      return true;
    };
    onEachLeap(() => agentHasUsed(DAILY));
    await scene.device.update(stop.signal, false);
    expect(polls.slice(1).map((at, index) => at - polls[index]!)).toEqual([HOUR, HOUR]);
  });

  it('a server that sends the whole in the place of a part is not let', async () => {
    offered();
    const settings = { TASHIKA_EDGE_UPLINK_DAILY_BYTES: '15000', TASHIKA_EDGE_UPDATE_DOWNLOAD_TRIES: '3' };
    Object.assign(scene.device.settings, settings);
    scene.disturbPieces((_piece, _from, response) => {
      response.writeHead(200, { 'content-length': BUNDLE.length }).flushHeaders();
      return true;
    });
    await scene.device.update();
    expect(scene.lastDetail).toMatch(
      /in 3 attempts: the server sends all 9500 bytes at once, and the day has \d+ left/,
    );
  });
});

describe("the count of the day's bytes", () => {
  it('begins anew after a day of running on a clock that nobody trusts, however it jumps; a trial lasts as long as ever', async () => {
    offered().update = 'attempt';
    const { clock } = scene.device;
    Object.assign(scene.device.settings, {
      TASHIKA_EDGE_UPLINK_DAILY_BYTES: '12000',
      TASHIKA_EDGE_CLOCK_TRUSTED: 'never',
    });
    const days: number[] = [];
    scene.disturbPieces(() => {
      days.push(Math.floor(clock.monotonic() / DAY));
      return false;
    });
    scene.device.agentSays = (version) => ({ stored: true, answered: version === '1.0.0' });
    let leaps = 0;
    const trial: number[] = [];
    scene.device.slots.before = (what) => {
      if (what === 'start-trial' || what === 'fall-back') trial.push(clock.monotonic());
    };
    onEachLeap(() => clock.setWall([0, 4_000_000_000_000, 1_700_000_000_000][leaps++ % 3]!));
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed failure');
    for (const day of new Set(days)) expect(days.filter((each) => each === day).length).toBeLessThan(5);
    expect(days).toHaveLength(10);
    expect(Math.round((trial[1]! - trial[0]!) / 60_000)).toBe(15);
  });

  it('is kept by an updater that is killed again and again, but for a piece', async () => {
    offered();
    let lives = 0;
    while (scene.askedFrom.length < 9) {
      const stop = new AbortController();
      scene.disturbPieces((piece) => {
        if (piece > 1) stop.abort();
        return piece > 1;
      });
      await scene.device.updateKilled(stop.signal);
      lives++;
    }
    expect(lives).toBeGreaterThan(4);
    expect(kept().bytes).toBeGreaterThan(lives * 1_024);
  });
});
