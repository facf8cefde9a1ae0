import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { GOOD, UpdateScene } from './testing/update-scene.ts';

const scene = UpdateScene.forEachTest();
const PROVEN = { stored: true, answered: true };
const stateFile = () => join(scene.device.directory, 'update.json');

/** Ends the updater when its state file first is at a stage; on trial, when the new image runs. */
async function stopsAt(at: string): Promise<void> {
  const { device } = scene;
  const stop = new AbortController();
  const { onLeap } = device.clock;
  const look = () => {
    if (device.state.work?.stage.at === at && (at !== 'trial' || device.slots.current === 'B')) stop.abort();
    return stop.signal.aborted;
  };
  device.slots.before = () => {
    if (look()) throw new Error('killed');
  };
  scene.server.disturb = () => {
    look();
    return false;
  };
  device.clock.onLeap = async () => {
    look();
    await onLeap();
  };
  await device.update(stop.signal);
  expect([at, device.state.work?.stage.at]).toEqual([at, at]);
  device.slots.before = () => undefined;
  scene.server.disturb = () => false;
  device.clock.onLeap = onLeap;
}

const DAMAGES: readonly [string, () => void][] = [
  ['empty', () => truncateSync(stateFile(), 0)],
  ['cut in half', () => truncateSync(stateFile(), readFileSync(stateFile()).length >> 1)],
  ['zeros', () => writeFileSync(stateFile(), Buffer.alloc(512))],
  [
    'of another sense',
    () => writeFileSync(stateFile(), '{"work":{"deployment":{"id":"7"},"stage":{"at":"trial"}},"outbox":[null,7]}'),
  ],
];

describe('a state file that is damaged', () => {
  it.each([
    ...DAMAGES.map(([what, damage]) => ['trial', what, damage] as const),
    ...['downloading', 'installing', 'confirming'].map((stage) => [stage, ...DAMAGES[0]!] as const),
  ])(
    'while an update is %s (%s) brings no wrong end: what is told for a success is what the next start runs',
    async (stage, _what, damage) => {
      scene.offered('7');
      if (stage !== 'confirming') scene.device.agentSays = (version) => (version === '2.0.0' ? undefined : PROVEN);
      await stopsAt(stage);
      damage();
      scene.device.agentSays = () => PROVEN;
      await scene.device.update();
      const { slots } = scene.device;
      expect(scene.executions.at(-1)).toBe('closed success');
      expect([slots.current, slots.primary, slots.trial, slots.running]).toEqual(['B', 'B', undefined, '2.0.0']);
      expect(scene.device.said).toContain(
        'what the updater was at can not all be read; it asks the server what is to be done',
      );
    },
  );
});

describe('an updater that has forgotten what it was at', () => {
  it('tells no success of an image on trial that does not prove itself, and takes it back', async () => {
    scene.offered('7');
    scene.device.agentSays = () => ({ stored: true, answered: false });
    await stopsAt('trial');
    truncateSync(stateFile(), 0);
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed failure');
    expect(scene.lastDetail).toMatch(/given up: it never had a post answered/);
    expect([scene.device.slots.current, scene.device.slots.trial]).toEqual(['A', undefined]);
  });

  it('tells no success of what runs and would not be started again', async () => {
    scene.offered('7', { version: '1.0.0' });
    scene.device.slots.primary = 'B';
    await scene.device.update();
    expect(scene.executions).toEqual(['closed failure']);
    expect(scene.lastDetail).toBe('agent/1.0.0 runs in slot A, and the next start would take slot B.');
  });

  it('goes on with the bytes that are here', async () => {
    scene.offered('7');
    const stop = new AbortController();
    scene.disturbPieces((piece) => {
      if (piece === 6) stop.abort();
      return piece === 6;
    });
    await scene.device.update(stop.signal);
    truncateSync(stateFile(), 0);
    scene.disturbPieces(() => false);
    const { offer } = scene.server;
    scene.server.offer = undefined;
    scene.server.disturb = (_request, response) => {
      if (scene.server.offer) return false;
      response.writeHead(503).end();
      scene.server.offer = offer;
      return true;
    };
    // The first poll finds nobody.
    expect(await scene.device.update()).toBe(false);
    expect(await scene.device.update()).toBe(true);
    expect(scene.askedFrom.filter((from) => from === 0)).toHaveLength(1);
    expect(scene.executions.at(-1)).toBe('closed success');
  });

  it('goes on with them also for another action of the same bundle', async () => {
    const offer = scene.offered('7', { update: 'skip' });
    await scene.device.update();
    scene.server.offer = { ...offer, id: '8', update: 'attempt' };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads).toHaveLength(10);
    expect(scene.bundles).toEqual([]);
  });
});

describe('a bundle that waits for its window', () => {
  const bundle = () => join(scene.device.directory, scene.bundles[0]!);

  it.each<[string, () => void]>([
    ['is gone', () => rmSync(bundle())],
    ['is cut', () => truncateSync(bundle(), 4_000)],
    ['is spoiled', () => writeFileSync(bundle(), Buffer.alloc(9_500))],
  ])('and %s is downloaded once more, and the image has no fault of it', async (_what, damage) => {
    const offer = scene.offered('7', { update: 'skip' });
    await scene.device.update();
    damage();
    offer.update = 'attempt';
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.downloads).toHaveLength(20);
  });

  it('and is spoiled again is given up', async () => {
    const offer = scene.offered('7', { update: 'skip' });
    await scene.device.update();
    rmSync(bundle());
    offer.update = 'attempt';
    const { slots } = scene.device;
    slots.before = (what) => {
      if (what === 'verify') writeFileSync(bundle(), Buffer.alloc(9_500));
    };
    await scene.device.update();
    expect(scene.lastDetail).toBe('What was downloaded does not stay as it is on the disk.');
    expect(slots.done).toEqual([]);
  });
});

describe('an updater that is cut off while RAUC installs', () => {
  const cutOffAt = async (moment: 'install' | 'installed') => {
    const stop = new AbortController();
    scene.device.slots.before = (what) => {
      if (what !== moment) return;
      stop.abort();
      throw new Error('killed');
    };
    await scene.device.update(stop.signal);
    expect(scene.device.state.work?.stage).toMatchObject({ at: 'installing', tries: 1 });
    scene.device.slots.before = () => undefined;
  };

  it.each<[string, () => void]>([
    ['finds what waits for its trial', () => undefined],
    [
      'finds what is on trial since the machine started anew',
      () => {
        scene.device.slots.triesLeft = 0;
        scene.device.slots.current = 'B';
        scene.device.clock.bootId = '22222222-2222-3333-4444-555555555555';
      },
    ],
  ])('%s, and installs nothing twice', async (_what, meanwhile) => {
    scene.offered('7');
    await cutOffAt('installed');
    meanwhile();
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.device.slots.done.filter((each) => each === 'install')).toHaveLength(1);
    expect(scene.device.slots.primary).toBe('B');
  });

  it('gives an image no second try that had its one, and failed, while no updater was there', async () => {
    scene.offered('7');
    await cutOffAt('installed');
    const { slots } = scene.device;
    Object.assign(slots, { triesLeft: 0, current: 'B' });
    slots.restart(); // the machine started with it, and its agent crashed
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed failure');
    expect(scene.lastDetail).toBe(
      'The device fell back: no updater has seen its agent. The slots say: slot B: it had its one try and was not confirmed.',
    );
    expect(slots.done).toEqual(['install']);
  });

  it('does not take the failure of an image before it for its own', async () => {
    scene.offered('7');
    scene.device.slots.fellBackFrom = 'B';
    await cutOffAt('install');
    await scene.device.update();
    expect([scene.executions.at(-1), scene.device.slots.primary]).toEqual(['closed success', 'B']);
  });

  it('does not take what somebody else has installed for its own', async () => {
    scene.offered('7');
    Object.assign(scene.device.slots, { trial: 'B', triesLeft: 1 });
    scene.device.slots.versions.B = '0.9.0';
    await scene.device.update();
    expect(scene.device.slots.done).toEqual(['fall-back', 'install', 'start-trial', 'confirm']);
    expect(scene.device.slots.running).toBe(GOOD.version);
  });

  it('does not write over what a slot on trial would fall back to', async () => {
    scene.offered('7');
    const { slots, clock } = scene.device;
    Object.assign(slots, { trial: 'B', triesLeft: 0, current: 'B' });
    slots.versions.B = '1.5.0';
    const { onLeap } = clock;
    clock.onLeap = async () => {
      expect(slots.done).not.toContain('install');
      if (clock.monotonic() > 600_000) {
        clock.onLeap = onLeap;
        slots.restart(); // nobody has confirmed it
      }
      await onLeap();
    };
    await scene.device.update();
    expect([scene.executions.at(-1), slots.done]).toEqual(['closed success', ['install', 'start-trial', 'confirm']]);
  });
});
