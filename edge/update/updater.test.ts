import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ScriptedImage } from './testing/scripted-slots.ts';
import { BUNDLE, GOOD, UpdateScene } from './testing/update-scene.ts';
import type { OfferedUpdate } from './testing/update-server.ts';

const scene = UpdateScene.forEachTest();
const MINUTE = 60_000;

describe('an updater', () => {
  it('installs what is offered, and says success only after the new agent stored a reading and had a post answered', async () => {
    scene.offered('7');
    let looks = 0;
    scene.device.agentSays = (version) => {
      if (version !== '2.0.0') return { stored: true, answered: true };
      expect(scene.executions).not.toContain('closed success');
      looks++;
      return { stored: looks > 2, answered: looks > 4 };
    };
    expect(await scene.device.update()).toBe(true);
    expect(scene.device.slots.done).toEqual(['install', 'start-trial', 'confirm']);
    expect([scene.device.slots.current, scene.device.slots.primary, scene.device.slots.running]).toEqual([
      'B',
      'B',
      '2.0.0',
    ]);
    expect(scene.executions).toEqual(['download none', 'downloaded none', 'proceeding none', 'closed success']);
    expect(looks).toBeGreaterThan(4);
    expect(scene.server.attributes).toEqual([
      { board: 'test-board', agentVersion: '1.0.0', timeZone: expect.any(String) },
    ]);
    expect(scene.bundles).toEqual([]);
    scene.device.agentSays = () => ({ stored: true, answered: true });
    await scene.device.update();
    expect(scene.server.attributes.at(-1)).toMatchObject({ agentVersion: '2.0.0' });
    expect(scene.device.slots.done).toHaveLength(3);
  });

  it('asks nobody but the server that it is configured with, whatever links name', async () => {
    scene.offered('7');
    await scene.device.update(); // update.example does not exist
    expect(scene.downloads).toHaveLength(10);
    expect(scene.downloads[1]).toBe('GET /tashika/*/deploymentBase/7/artifacts/agent.raucb bytes=1024-2047');
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
    scene.offered('7');
    scene.device.agentSays = (version) => (version === '2.0.0' ? says() : { stored: true, answered: true });
    await scene.device.update();
    expect(scene.device.slots.done).toEqual(['install', 'start-trial', 'fall-back']);
    expect([scene.device.slots.current, scene.device.slots.running]).toEqual(['A', '1.0.0']);
    expect(scene.server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(scene.lastDetail).toMatch(told);
  });

  it('gives a new one as long as its posts may wait for company, and longer', async () => {
    scene.offered('7');
    scene.device.settings = {
      TASHIKA_EDGE_UPLINK_BATCH_AGE_MS: String(60 * MINUTE),
      TASHIKA_EDGE_UPDATE_LOOK_MS: '600000',
    };
    let trialAt: number | undefined;
    scene.device.agentSays = (version) => {
      if (version === '2.0.0') trialAt ??= scene.device.clock.monotonic();
      return { stored: true, answered: scene.device.clock.monotonic() - (trialAt ?? 0) > 65 * MINUTE };
    };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
  });

  it('does not take for confirmed what the next start would not run', async () => {
    scene.offered('7');
    const { slots } = scene.device;
    slots.confirm = async () => {
      slots.trial = undefined; // given up for a damaged state, while it runs on
    };
    await scene.device.update();
    expect(scene.server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(scene.lastDetail).toBe('It could not be confirmed: the next start would take slot A.');
  });

  it('says that the device fell back by itself, how often the new agent started, and what the slots say', async () => {
    scene.offered('7', {}, { ...GOOD, crashes: true });
    writeFileSync(join(scene.device.dataDirectory, 'starts.json'), '{"starts":5}');
    const { slots } = scene.device;
    slots.before = (what) => {
      if (what === 'started') writeFileSync(join(scene.device.dataDirectory, 'starts.json'), '{"starts":8}');
    };
    await scene.device.update();
    expect(slots.done).toEqual(['install', 'start-trial']);
    expect(scene.lastDetail).toBe(
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
    scene.offered('7', offer, { ...GOOD, ...image });
    await scene.device.update();
    expect([scene.device.slots.current, scene.device.slots.trial]).toEqual(['A', undefined]);
    expect(scene.server.told.at(-1)).toMatchObject({ execution: 'closed', finished: 'failure' });
    expect(scene.lastDetail).toMatch(told);
    expect(scene.bundles).toEqual([]);
  });

  it('says at once that it has what is offered', async () => {
    scene.offered('7', { version: '1.0.0' });
    await scene.device.update();
    expect([scene.executions, scene.lastDetail]).toEqual([['closed success'], 'agent/1.0.0 runs already.']);
    expect(scene.device.slots.done).toEqual([]);
  });

  it('downloads and waits for its window with the installation', async () => {
    const offer = scene.offered('7', { update: 'skip', maintenanceWindow: 'unavailable' });
    await scene.device.update();
    expect([scene.executions.at(-1), scene.device.slots.done]).toEqual(['scheduled none', []]);
    offer.update = 'attempt';
    offer.maintenanceWindow = 'available';
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads).toHaveLength(10);
  });

  it('stops what is cancelled before it is installed, and nothing of it is left', async () => {
    scene.offered('7', { update: 'skip' });
    await scene.device.update();
    scene.server.cancel = { id: '8', stopId: '7' };
    await scene.device.update();
    expect(scene.server.told.at(-1)).toMatchObject({
      to: 'cancelAction',
      id: '8',
      execution: 'closed',
      finished: 'success',
    });
    expect([scene.device.slots.done, scene.bundles]).toEqual([[], []]);
  });

  it('refuses to cancel what is being installed or done', async () => {
    scene.offered('7');
    await scene.device.update();
    scene.server.cancel = { id: '8', stopId: '7' };
    await scene.device.update();
    expect(scene.server.told.at(-1)).toMatchObject({ to: 'cancelAction', execution: 'rejected' });
    expect(scene.device.slots.running).toBe('2.0.0');
  });

  it('lets go of a download that the server wants no more, and takes another one in its place', async () => {
    scene.offered('7', { update: 'skip' });
    await scene.device.update();
    scene.server.offer = undefined;
    await scene.device.update();
    expect([scene.device.state.work, scene.bundles]).toEqual([undefined, []]);
    scene.server.offer = { id: '9', version: '2.0.0', bundle: BUNDLE, update: 'skip' };
    await scene.device.update();
    const asked = scene.downloads.length;
    scene.server.offer = { id: '10', version: '2.0.0', bundle: Buffer.from(BUNDLE.toReversed()) };
    await scene.device.update();
    expect(scene.server.told.at(-1)).toMatchObject({ id: '10', execution: 'closed', finished: 'success' });
    expect(scene.downloads).toHaveLength(asked + 10); // nothing of the former was taken for its own
  });

  it('keeps what it could not tell, and tells it once', async () => {
    scene.offered('7');
    let deaf = true;
    scene.server.disturb = (request, response) => {
      if (!deaf || !request.url?.includes('/feedback')) return false;
      response.writeHead(503).end();
      return true;
    };
    await scene.device.update();
    expect([scene.server.told, scene.device.slots.running]).toEqual([[], '2.0.0']);
    deaf = false;
    await scene.device.update();
    expect(scene.executions).toEqual(['closed success']);
    await scene.device.update();
    expect(scene.executions).toEqual(['closed success']);
  });

  it('tells the end of an action once more to a server that offers it again', async () => {
    const offer = scene.offered('7');
    await scene.device.update();
    scene.server.offer = offer;
    await scene.device.update();
    expect(scene.executions.slice(-2)).toEqual(['closed success', 'closed success']);
    expect(scene.device.slots.done).toEqual(['install', 'start-trial', 'confirm']);
  });

  it('drops word of an action that the server has forgotten', async () => {
    scene.offered('7');
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/feedback')) return false;
      response.writeHead(410).end();
      return true;
    };
    await scene.device.update();
    expect(scene.device.state.outbox).toEqual([]);
  });

  it('brings its own token from a file, and has no other header', async () => {
    scene.offered('7');
    const seen = new Set<string | undefined>();
    scene.server.disturb = (request) => {
      seen.add(request.headers.authorization);
      return false;
    };
    writeFileSync(join(scene.device.directory, 'token'), 'secret-of-this-device\n');
    scene.device.settings = { TASHIKA_EDGE_UPDATE_TOKEN_FILE: join(scene.device.directory, 'token') };
    await scene.device.update();
    expect([...seen]).toEqual(['TargetToken secret-of-this-device']);
    expect(scene.device.said.join()).not.toContain('secret');
  });

  it('asks again with growing waits while nobody answers, and at the pace of the server then', async () => {
    scene.offered('7');
    scene.server.offer = undefined;
    const asked: number[] = [];
    scene.server.disturb = (request, response) => {
      if (request.method !== 'GET') return false;
      asked.push(scene.device.clock.monotonic());
      if (asked.length > 4) return false;
      response.destroy();
      return true;
    };
    const stop = new AbortController();
    const { onLeap } = scene.device.clock;
    scene.device.clock.onLeap = async () => {
      await onLeap();
      if (asked.length >= 7) stop.abort();
    };
    await scene.device.update(stop.signal, false);
    const waits = asked.slice(1).map((at, index) => at - asked[index]!);
    expect(waits).toEqual([10_000, 10_000, 20_000, 40_000, 300_000, 300_000]);
    expect(scene.device.said.filter((each) => each.includes('in vain'))).toHaveLength(4);
  });
});
