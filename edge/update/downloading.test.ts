import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dayInJapan } from '../clock/index.ts';
import { BUNDLE, UpdateScene } from './testing/update-scene.ts';

const scene = UpdateScene.forEachTest();
const MINUTE = 60_000;

describe('a download that goes wrong', () => {
  it('goes on with a download that broke off, from the byte where it did', async () => {
    scene.offered('7');
    let answers = 0;
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || ++answers % 3 !== 2) return false;
      const [, from] = /bytes=(\d+)-/.exec(request.headers.range ?? '')!;
      response.writeHead(206, { 'content-range': `bytes ${from}-9499/9500`, 'content-length': '1000' });
      response.write(BUNDLE.subarray(Number(from), Number(from) + 300), () => response.destroy());
      return true;
    };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    const bytes = scene.downloads.map((each) => Number(/bytes=(\d+)-/.exec(each)?.[1]));
    expect(bytes.slice(0, 4)).toEqual([0, 1_024, 1_324, 2_348]);
  });

  it('begins anew when the server has another bundle in the middle, and ends', async () => {
    const offer = scene.offered('7');
    let pieces = 0;
    scene.server.disturb = (request) => {
      if (request.url?.includes('/artifacts/') && ++pieces === 4)
        scene.server.offer = { ...offer, bundle: Buffer.from(BUNDLE.toReversed()) };
      return false;
    };
    await scene.device.update();
    // What was announced is no more: its hash is not that of the new bytes.
    expect(scene.lastDetail).toMatch(/SHA-256/);
    expect(scene.device.slots.done).toEqual([]);
  });

  it('gives up a bundle that is another one each time', async () => {
    scene.offered('7');
    let pieces = 0;
    scene.server.disturb = (request, response) => {
      if (request.url?.includes('/artifacts/')) response.setHeader('x-piece', ++pieces);
      if (!request.headers['if-range']) return false;
      response.writeHead(200, { 'content-length': BUNDLE.length }).end(BUNDLE);
      return true;
    };
    await scene.device.update();
    expect(scene.lastDetail).toMatch(/changes the bundle/);
    expect(pieces).toBe(4);
  });

  it('takes the whole from a server that knows no ranges', async () => {
    scene.offered('7');
    scene.server.disturb = (request) => {
      delete request.headers.range;
      return false;
    };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads).toHaveLength(1);
  });

  it('downloads once more what an earlier run had left spoiled, and once only', async () => {
    scene.offered('7');
    const stop = new AbortController();
    scene.server.disturb = (request) => {
      if (request.headers.range?.startsWith('bytes=4096-')) stop.abort();
      return stop.signal.aborted;
    };
    await scene.device.update(stop.signal);
    scene.server.disturb = () => false;
    writeFileSync(join(scene.device.directory, scene.bundles[0]!), Buffer.alloc(4_096, 1));
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads.filter((each) => each.includes('bytes=0-'))).toHaveLength(2);
    expect(scene.downloads.filter((each) => each.includes('bytes=4096-'))).toHaveLength(3);
  });

  it.each([
    [404, 1, /can't be downloaded: the server answers 404/],
    [503, 24, /in 24 attempts: the server answers 503/],
  ])('gives up a bundle that the server answers with %i to, and never asks endlessly', async (status, asked, told) => {
    scene.offered('7');
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/')) return false;
      response.writeHead(status).end();
      return true;
    };
    await scene.device.update();
    expect(scene.downloads).toHaveLength(asked);
    expect(scene.lastDetail).toMatch(told);
    await scene.device.update();
    expect(scene.downloads).toHaveLength(asked);
  });

  it("waits as long as the server says when the day's bytes are spent there", async () => {
    scene.offered('7');
    let refusals = 0;
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || refusals++ >= 30) return false;
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    };
    const began = scene.device.clock.monotonic();
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.device.clock.monotonic() - began).toBeGreaterThan(30 * 60 * MINUTE);
  });

  it('keeps to the waits between failed pieces, however often it asks for news meanwhile', async () => {
    scene.offered('7');
    const away = 3 * 60 * MINUTE;
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || scene.device.clock.monotonic() > away) return false;
      response.writeHead(503).end();
      return true;
    };
    const stop = new AbortController();
    const { onLeap } = scene.device.clock;
    scene.device.clock.onLeap = async () => {
      await onLeap();
      if (scene.server.offer === undefined) stop.abort();
    };
    await scene.device.update(stop.signal, false);
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads.length).toBeLessThan(24);
  });
});

describe('a download that makes way', () => {
  /** Waits for five looks at what is in its way, and comes when that is gone. */
  const makesWay = async (enough: () => void) => {
    const { onLeap } = scene.device.clock;
    let leaps = 0;
    scene.device.clock.onLeap = async () => {
      await onLeap();
      if (++leaps === 5) {
        expect(scene.downloads).toHaveLength(0);
        enough();
      }
    };
    await scene.device.update();
    expect(leaps).toBeGreaterThan(5);
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.device.said).toContain('the update waits');
  };

  it("makes way while the agent's posts fail", async () => {
    scene.offered('7');
    scene.device.failuresInRow = 2;
    await makesWay(() => {
      scene.device.failuresInRow = 0;
    });
  });

  it('makes way while many readings wait for the link', async () => {
    scene.offered('7');
    scene.device.held = 1_001;
    await makesWay(() => {
      scene.device.held = 1_000;
    });
  });

  it('makes way for six hours and no longer: what the agent needs may be the update', async () => {
    scene.offered('7');
    scene.device.failuresInRow = 9;
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.device.clock.monotonic()).toBeGreaterThanOrEqual(6 * 60 * MINUTE);
    expect(scene.device.clock.monotonic()).toBeLessThan(7 * 60 * MINUTE);
  });

  it('is there, and its installation waits until the link is back, or a good image would be taken back', async () => {
    const offer = scene.offered('7', { update: 'skip' });
    await scene.device.update();
    scene.device.failuresInRow = 1;
    offer.update = 'attempt';
    const { onLeap } = scene.device.clock;
    let leaps = 0;
    scene.device.clock.onLeap = async () => {
      if (++leaps === 100) {
        expect(scene.device.slots.done).toEqual([]);
        scene.device.failuresInRow = 0;
      }
      await onLeap();
    };
    await scene.device.update();
    expect([leaps > 99, scene.executions.at(-1)]).toEqual([true, 'closed success']);
  });

  it('waits while it would leave too little on the disk', async () => {
    scene.offered('7');
    scene.device.settings = { TASHIKA_EDGE_UPDATE_FREE_BYTES: String(2 ** 40) };
    const stop = new AbortController();
    const { onLeap } = scene.device.clock;
    scene.device.clock.onLeap = async () => {
      await onLeap();
      if (scene.device.clock.monotonic() > 60 * MINUTE) stop.abort();
    };
    await scene.device.update(stop.signal);
    expect([scene.downloads, scene.executions]).toEqual([[], ['download none']]);
    scene.device.settings = {};
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
  });

  it('is no faster than update.bytesPerSecond', async () => {
    scene.offered('7');
    scene.device.settings = { TASHIKA_EDGE_UPDATE_BYTES_PER_SECOND: '100' };
    await scene.device.update();
    expect(scene.device.clock.monotonic()).toBeGreaterThan(9_000_000 / 100);
  });

  it("takes no more of the day's bytes than the agent has left, nor than its share, and goes on the next day", async () => {
    scene.offered('7');
    scene.device.settings = { TASHIKA_EDGE_UPLINK_DAILY_BYTES: '20000', TASHIKA_EDGE_UPDATE_DAILY_SHARE: '0.6' };
    const today = () => dayInJapan(scene.device.clock.now());
    const agents = JSON.stringify({ day: today(), bytes: 15_000, ranMs: 0 });
    writeFileSync(join(scene.device.dataDirectory, 'uplink-use.json'), agents);
    const days: number[] = [];
    const first = today();
    scene.server.disturb = (request) => {
      if (request.url?.includes('/artifacts/')) days.push(today() - first);
      return false;
    };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    // A piece is some 1,600 bytes with what is around it; what went before it today is counted as well.
    expect(days.filter((day) => day === 0).length).toBeLessThan(4);
    expect(days.filter((day) => day === 1).length).toBeGreaterThan(4);
    const own = JSON.parse(readFileSync(join(scene.device.directory, 'uplink-use.json'), 'utf8'));
    expect(own).toMatchObject({ day: today() });
  });
});
