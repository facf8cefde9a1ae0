import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { dayInJapan } from '../clock/index.ts';
import type { ScriptedImage } from './testing/scripted-slots.ts';
import { type OfferedUpdate, startUpdateServer, type UpdateServer } from './testing/update-server.ts';
import { UpdatingDevice } from './testing/updating-device.ts';

/** Ten pieces, the last one shorter. */
const BUNDLE = Buffer.from(Array.from({ length: 9_500 }, (_, index) => (index * 31) % 251));
const GOOD: ScriptedImage = { compatible: 'test-board', version: '2.0.0' };
const MINUTE = 60_000;

let server: UpdateServer;
let device: UpdatingDevice;
beforeEach(async () => {
  server = await startUpdateServer();
});
afterEach(async () => {
  device.remove();
  await server.close();
});

function offered(id: string, more: Partial<OfferedUpdate> = {}, image: ScriptedImage = GOOD): OfferedUpdate {
  device = new UpdatingDevice(server.url, image);
  const offer: OfferedUpdate = { id, version: image.version, bundle: BUNDLE, ...more };
  server.offer = offer;
  return offer;
}

const executions = () => server.told.map(({ execution, finished }) => `${execution} ${finished}`);
const lastDetail = () => server.told.at(-1)?.details.at(-1);
const bundles = () => readdirSync(device.directory).filter((name) => name.endsWith('.raucb'));
const downloads = () => server.requests.filter((each) => each.includes('/artifacts/'));

describe('an updater', () => {
  it('installs what is offered, and says success only after the new agent stored a reading and had a post answered', async () => {
    offered('7');
    let looks = 0;
    device.agentSays = (version) => {
      if (version !== '2.0.0') return { stored: true, answered: true };
      expect(executions()).not.toContain('closed success');
      looks++;
      return { stored: looks > 2, answered: looks > 4 };
    };
    expect(await device.update()).toBe(true);
    expect(device.slots.done).toEqual(['install', 'start-trial', 'confirm']);
    expect([device.slots.current, device.slots.primary, device.slots.running]).toEqual(['B', 'B', '2.0.0']);
    expect(executions()).toEqual(['download none', 'downloaded none', 'proceeding none', 'closed success']);
    expect(looks).toBeGreaterThan(4);
    expect(server.attributes).toEqual([{ board: 'test-board', agentVersion: '1.0.0', timeZone: expect.any(String) }]);
    expect(bundles()).toEqual([]);
    device.agentSays = () => ({ stored: true, answered: true });
    await device.update();
    expect(server.attributes.at(-1)).toMatchObject({ agentVersion: '2.0.0' });
    expect(device.slots.done).toHaveLength(3);
  });

  it('asks nobody but the server that it is configured with, whatever links name', async () => {
    offered('7');
    await device.update(); // update.example does not exist
    expect(downloads()).toHaveLength(10);
    expect(downloads()[1]).toBe('GET /tashika/*/deploymentBase/7/artifacts/agent.raucb bytes=1024-2047');
  });

  it.each([
    ['never stores a reading', () => ({ stored: false, answered: false }), /given up: it never stored a reading\./],
    [
      'never has a post answered',
      () => ({ stored: true, answered: false }),
      /given up: it never had a post answered\./,
    ],
    ['never comes up', () => undefined, /given up: it never came up\./],
  ])('brings the old one back when the new one %s, and says so', async (_what, says, told) => {
    offered('7');
    device.agentSays = (version) => (version === '2.0.0' ? says() : { stored: true, answered: true });
    await device.update();
    expect(device.slots.done).toEqual(['install', 'start-trial', 'fall-back']);
    expect([device.slots.current, device.slots.running]).toEqual(['A', '1.0.0']);
    expect(server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(lastDetail()).toMatch(told);
  });

  it('gives a new one as long as its posts may wait for company, and longer', async () => {
    offered('7');
    device.settings = { TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: String(60 * MINUTE), TASHIKA_EDGE_UPDATE_LOOK_MS: '600000' };
    let trialAt: number | undefined;
    device.agentSays = (version) => {
      if (version === '2.0.0') trialAt ??= device.clock.monotonic();
      return { stored: true, answered: device.clock.monotonic() - (trialAt ?? 0) > 65 * MINUTE };
    };
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
  });

  it('does not take for confirmed what the next start would not run', async () => {
    offered('7');
    const { slots } = device;
    slots.confirm = async () => {
      slots.trial = undefined; // given up for a damaged state, while it runs on
    };
    await device.update();
    expect(server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(lastDetail()).toBe('It could not be confirmed: the next start would take slot A.');
  });

  it('says that the device fell back by itself, how often the new agent started, and what the slots say', async () => {
    offered('7', {}, { ...GOOD, crashes: true });
    writeFileSync(join(device.dataDirectory, 'starts.json'), '{"starts":5}');
    const { slots } = device;
    slots.before = (what) => {
      if (what === 'started') writeFileSync(join(device.dataDirectory, 'starts.json'), '{"starts":8}');
    };
    await device.update();
    expect(slots.done).toEqual(['install', 'start-trial']);
    expect(lastDetail()).toBe(
      'The device fell back: it never stored a reading. It started 3 times. The slots say: slot B: it had its one try and was not confirmed.',
    );
  });

  it.each<[string, Partial<OfferedUpdate>, Partial<ScriptedImage>, RegExp]>([
    [
      'is signed by nobody known',
      {},
      { flaw: 'signature verification failed' },
      /refused: signature verification failed/,
    ],
    [
      'is for another board',
      {},
      { compatible: 'other' },
      /refused: it is for the board other, and this is test-board\./,
    ],
    ['is another version inside', { version: '2.0.1' }, {}, /refused: it is version 2\.0\.0, and not 2\.0\.1\./],
    ['is not what was announced', { sha256: 'ab'.repeat(32) }, {}, /SHA-256 is not the one that was announced/],
    ["can't be installed", {}, { trouble: 'no space left' }, /could not be installed: no space left/],
    ['is of a kind that nobody knows', { part: 'modem' }, {}, /can't install it: Its chunk is neither/],
  ])('leaves the slots as they are when a bundle %s', async (_what, offer, image, told) => {
    offered('7', offer, { ...GOOD, ...image });
    await device.update();
    expect([device.slots.current, device.slots.trial]).toEqual(['A', undefined]);
    expect(server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(lastDetail()).toMatch(told);
    expect(bundles()).toEqual([]);
  });

  it('says at once that it has what is offered', async () => {
    offered('7', { version: '1.0.0' });
    await device.update();
    expect([executions(), lastDetail()]).toEqual([['closed success'], 'agent/1.0.0 runs already.']);
    expect(device.slots.done).toEqual([]);
  });

  it('goes on with a download that broke off, from the byte where it did', async () => {
    offered('7');
    let answers = 0;
    server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || ++answers % 3 !== 2) return false;
      const [, from] = /bytes=(\d+)-/.exec(request.headers.range ?? '')!;
      response.writeHead(206, { 'content-range': `bytes ${from}-9499/9500`, 'content-length': '1000' });
      response.write(BUNDLE.subarray(Number(from), Number(from) + 300), () => response.destroy());
      return true;
    };
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    const bytes = downloads().map((each) => Number(/bytes=(\d+)-/.exec(each)?.[1]));
    expect(bytes.slice(0, 4)).toEqual([0, 1_024, 1_324, 2_348]);
  });

  it('begins anew when the server has another bundle in the middle, and ends', async () => {
    const offer = offered('7');
    let pieces = 0;
    server.disturb = (request) => {
      if (request.url?.includes('/artifacts/') && ++pieces === 4)
        server.offer = { ...offer, bundle: Buffer.from(BUNDLE.toReversed()) };
      return false;
    };
    await device.update();
    // What was announced is no more: its hash is not that of the new bytes.
    expect(lastDetail()).toMatch(/SHA-256/);
    expect(device.slots.done).toEqual([]);
  });

  it('gives up a bundle that is another one each time', async () => {
    offered('7');
    let pieces = 0;
    server.disturb = (request, response) => {
      if (request.url?.includes('/artifacts/')) response.setHeader('x-piece', ++pieces);
      if (!request.headers['if-range']) return false;
      response.writeHead(200, { 'content-length': BUNDLE.length }).end(BUNDLE);
      return true;
    };
    await device.update();
    expect(lastDetail()).toMatch(/changes the bundle/);
    expect(pieces).toBe(4);
  });

  it('takes the whole from a server that knows no ranges', async () => {
    offered('7');
    server.disturb = (request) => {
      delete request.headers.range;
      return false;
    };
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    expect(downloads()).toHaveLength(1);
  });

  it('downloads once more what an earlier run had left spoiled, and once only', async () => {
    offered('7');
    const stop = new AbortController();
    server.disturb = (request) => {
      if (request.headers.range?.startsWith('bytes=4096-')) stop.abort();
      return stop.signal.aborted;
    };
    await device.update(stop.signal);
    server.disturb = () => false;
    writeFileSync(join(device.directory, bundles()[0]!), Buffer.alloc(4_096, 1));
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    expect(downloads().filter((each) => each.includes('bytes=0-'))).toHaveLength(2);
    expect(downloads().filter((each) => each.includes('bytes=4096-'))).toHaveLength(3);
  });

  it.each([
    [404, 1, /can't be downloaded: the server answers 404/],
    [503, 24, /in 24 attempts: the server answers 503/],
  ])('gives up a bundle that the server answers with %i to, and never asks endlessly', async (status, asked, told) => {
    offered('7');
    server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/')) return false;
      response.writeHead(status).end();
      return true;
    };
    await device.update();
    expect(downloads()).toHaveLength(asked);
    expect(lastDetail()).toMatch(told);
    await device.update();
    expect(downloads()).toHaveLength(asked);
  });

  it("waits as long as the server says when the day's bytes are spent there", async () => {
    offered('7');
    let refusals = 0;
    server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || refusals++ >= 30) return false;
      response.writeHead(429, { 'retry-after': '3600' }).end();
      return true;
    };
    const began = device.clock.monotonic();
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    expect(device.clock.monotonic() - began).toBeGreaterThan(30 * 60 * MINUTE);
  });

  it('keeps to the waits between failed pieces, however often it asks for news meanwhile', async () => {
    offered('7');
    const away = 3 * 60 * MINUTE;
    server.disturb = (request, response) => {
      if (!request.url?.includes('/artifacts/') || device.clock.monotonic() > away) return false;
      response.writeHead(503).end();
      return true;
    };
    const stop = new AbortController();
    const { onLeap } = device.clock;
    device.clock.onLeap = async () => {
      await onLeap();
      if (server.offer === undefined) stop.abort();
    };
    await device.update(stop.signal, false);
    expect(executions().at(-1)).toBe('closed success');
    expect(downloads().length).toBeLessThan(24);
  });

  it('downloads and waits for its window with the installation', async () => {
    const offer = offered('7', { update: 'skip', maintenanceWindow: 'unavailable' });
    await device.update();
    expect([executions().at(-1), device.slots.done]).toEqual(['scheduled none', []]);
    offer.update = 'attempt';
    offer.maintenanceWindow = 'available';
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    expect(downloads()).toHaveLength(10);
  });

  it('stops what is cancelled before it is installed, and nothing of it is left', async () => {
    offered('7', { update: 'skip' });
    await device.update();
    server.cancel = { id: '8', stopId: '7' };
    await device.update();
    expect(server.told.at(-1)).toMatchObject({ to: 'cancelAction', id: '8', execution: 'closed', finished: 'success' });
    expect([device.slots.done, bundles()]).toEqual([[], []]);
  });

  it('refuses to cancel what is being installed or done', async () => {
    offered('7');
    await device.update();
    server.cancel = { id: '8', stopId: '7' };
    await device.update();
    expect(server.told.at(-1)).toMatchObject({ to: 'cancelAction', execution: 'rejected' });
    expect(device.slots.running).toBe('2.0.0');
  });

  it('lets go of a download that the server wants no more, and takes another one in its place', async () => {
    offered('7', { update: 'skip' });
    await device.update();
    server.offer = undefined;
    await device.update();
    expect([device.state.work, bundles()]).toEqual([undefined, []]);
    server.offer = { id: '9', version: '2.0.0', bundle: BUNDLE, update: 'skip' };
    await device.update();
    const asked = downloads().length;
    server.offer = { id: '10', version: '2.0.0', bundle: Buffer.from(BUNDLE.toReversed()) };
    await device.update();
    expect(server.told.at(-1)).toMatchObject({ id: '10', execution: 'closed', finished: 'success' });
    expect(downloads()).toHaveLength(asked + 10); // nothing of the former was taken for its own
  });

  it('keeps what it could not tell, and tells it once', async () => {
    offered('7');
    let deaf = true;
    server.disturb = (request, response) => {
      if (!deaf || !request.url?.includes('/feedback')) return false;
      response.writeHead(503).end();
      return true;
    };
    await device.update();
    expect([server.told, device.slots.running]).toEqual([[], '2.0.0']);
    deaf = false;
    await device.update();
    expect(executions()).toEqual(['closed success']);
    await device.update();
    expect(executions()).toEqual(['closed success']);
  });

  it('tells the end of an action once more to a server that offers it again', async () => {
    const offer = offered('7');
    await device.update();
    server.offer = offer;
    await device.update();
    expect(executions().slice(-2)).toEqual(['closed success', 'closed success']);
    expect(device.slots.done).toEqual(['install', 'start-trial', 'confirm']);
  });

  it('drops word of an action that the server has forgotten', async () => {
    offered('7');
    server.disturb = (request, response) => {
      if (!request.url?.includes('/feedback')) return false;
      response.writeHead(410).end();
      return true;
    };
    await device.update();
    expect(device.state.outbox).toEqual([]);
  });

  it('brings its own token from a file, and has no other header', async () => {
    offered('7');
    const seen = new Set<string | undefined>();
    server.disturb = (request) => {
      seen.add(request.headers.authorization);
      return false;
    };
    writeFileSync(join(device.directory, 'token'), 'secret-of-this-device\n');
    device.settings = { TASHIKA_EDGE_UPDATE_TOKEN_FILE: join(device.directory, 'token') };
    await device.update();
    expect([...seen]).toEqual(['TargetToken secret-of-this-device']);
    expect(device.said.join()).not.toContain('secret');
  });

  it('asks again with growing waits while nobody answers, and at the pace of the server then', async () => {
    offered('7');
    server.offer = undefined;
    const asked: number[] = [];
    server.disturb = (request, response) => {
      if (request.method !== 'GET') return false;
      asked.push(device.clock.monotonic());
      if (asked.length > 4) return false;
      response.destroy();
      return true;
    };
    const stop = new AbortController();
    const { onLeap } = device.clock;
    device.clock.onLeap = async () => {
      await onLeap();
      if (asked.length >= 7) stop.abort();
    };
    await device.update(stop.signal, false);
    const waits = asked.slice(1).map((at, index) => at - asked[index]!);
    expect(waits).toEqual([10_000, 10_000, 20_000, 40_000, 300_000, 300_000]);
    expect(device.said.filter((each) => each.includes('in vain'))).toHaveLength(4);
  });
});

describe('a download', () => {
  /** Waits for five looks at what is in its way, and comes when that is gone. */
  const makesWay = async (enough: () => void) => {
    const { onLeap } = device.clock;
    let leaps = 0;
    device.clock.onLeap = async () => {
      await onLeap();
      if (++leaps === 5) {
        expect(downloads()).toHaveLength(0);
        enough();
      }
    };
    await device.update();
    expect(leaps).toBeGreaterThan(5);
    expect(executions().at(-1)).toBe('closed success');
    expect(device.said).toContain('the update waits');
  };

  it("makes way while the agent's posts fail", async () => {
    offered('7');
    device.failuresInRow = 2;
    await makesWay(() => {
      device.failuresInRow = 0;
    });
  });

  it('makes way while many readings wait for the link', async () => {
    offered('7');
    device.held = 1_001;
    await makesWay(() => {
      device.held = 1_000;
    });
  });

  it('makes way for six hours and no longer: what the agent needs may be the update', async () => {
    offered('7');
    device.failuresInRow = 9;
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    expect(device.clock.monotonic()).toBeGreaterThanOrEqual(6 * 60 * MINUTE);
    expect(device.clock.monotonic()).toBeLessThan(7 * 60 * MINUTE);
  });

  it('is there, and its installation waits until the link is back, or a good image would be taken back', async () => {
    const offer = offered('7', { update: 'skip' });
    await device.update();
    device.failuresInRow = 1;
    offer.update = 'attempt';
    const { onLeap } = device.clock;
    let leaps = 0;
    device.clock.onLeap = async () => {
      if (++leaps === 100) {
        expect(device.slots.done).toEqual([]);
        device.failuresInRow = 0;
      }
      await onLeap();
    };
    await device.update();
    expect([leaps > 99, executions().at(-1)]).toEqual([true, 'closed success']);
  });

  it('waits while it would leave too little on the disk', async () => {
    offered('7');
    device.settings = { TASHIKA_EDGE_UPDATE_FREE_BYTES: String(2 ** 40) };
    const stop = new AbortController();
    const { onLeap } = device.clock;
    device.clock.onLeap = async () => {
      await onLeap();
      if (device.clock.monotonic() > 60 * MINUTE) stop.abort();
    };
    await device.update(stop.signal);
    expect([downloads(), executions()]).toEqual([[], ['download none']]);
    device.settings = {};
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
  });

  it('is no faster than update.bytesPerSecond', async () => {
    offered('7');
    device.settings = { TASHIKA_EDGE_UPDATE_BYTES_PER_SECOND: '100' };
    await device.update();
    expect(device.clock.monotonic()).toBeGreaterThan(9_000_000 / 100);
  });

  it("takes no more of the day's bytes than the agent has left, nor than its share, and goes on the next day", async () => {
    offered('7');
    device.settings = { TASHIKA_EDGE_UPLINK_DAILY_BYTES: '20000', TASHIKA_EDGE_UPDATE_DAILY_SHARE: '0.6' };
    const today = () => dayInJapan(device.clock.now());
    const agents = JSON.stringify({ day: today(), bytes: 15_000, ranMs: 0 });
    writeFileSync(join(device.dataDirectory, 'uplink-use.json'), agents);
    const days: number[] = [];
    const first = today();
    server.disturb = (request) => {
      if (request.url?.includes('/artifacts/')) days.push(today() - first);
      return false;
    };
    await device.update();
    expect(executions().at(-1)).toBe('closed success');
    // A piece is some 1,600 bytes with what is around it; what went before it today is counted as well.
    expect(days.filter((day) => day === 0).length).toBeLessThan(4);
    expect(days.filter((day) => day === 1).length).toBeGreaterThan(4);
    const own = JSON.parse(readFileSync(join(device.directory, 'uplink-use.json'), 'utf8'));
    expect(own).toMatchObject({ day: today() });
  });
});

describe('an updater that is killed', () => {
  class Killed extends Error {}

  /** Runs the update, killed before its `at`-th act, and again until it is through; how many acts there were. */
  async function killedAt(at: number, image: ScriptedImage): Promise<number> {
    offered('7', {}, image);
    device.settings = { TASHIKA_EDGE_UPDATE_PIECE_BYTES: '8192' };
    const { slots } = device;
    let acts = 0;
    const stop = () => {
      if (++acts === at) throw new Killed();
    };
    slots.before = stop;
    server.disturb = (request, response) => {
      if (request.url?.endsWith('/v1/')) return false;
      try {
        stop();
        return false;
      } catch {
        response.destroy(); // the server never heard of it, and the process is gone
        dead.abort();
        return true;
      }
    };
    let dead = new AbortController();
    for (let lives = 0; lives < 4; lives++) {
      dead = new AbortController();
      const killing = slots.before;
      slots.before = (what) => {
        try {
          killing(what);
        } catch (error) {
          dead.abort();
          throw error;
        }
      };
      await device.update(dead.signal).catch(() => undefined);
      slots.before = killing;
      if (!dead.signal.aborted && server.offer === undefined) break;
    }
    return acts;
  }

  it.each<[string, ScriptedImage, string, string]>([
    ['that is good', GOOD, 'B', 'success'],
    ['that crashes', { ...GOOD, crashes: true }, 'A', 'failure'],
  ])('at any moment goes on, with an image %s', async (_what, image, slot, finished) => {
    const acts = await killedAt(0, image);
    expect(acts).toBeGreaterThanOrEqual(12);
    for (let at = 1; at <= acts; at++) {
      device.remove();
      server.told.length = 0;
      server.attributes.length = 0;
      await killedAt(at, image);
      expect([at, device.slots.current, device.slots.primary, device.slots.trial]).toEqual([at, slot, slot, undefined]);
      const ends = server.told.filter(({ execution }) => execution === 'closed');
      expect([at, ends.map((each) => each.finished)]).toEqual([at, [finished]]);
      expect([at, device.state.outbox, device.state.work]).toEqual([at, [], undefined]);
    }
  });
});
