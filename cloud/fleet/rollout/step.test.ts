import { describe, expect, it } from 'vitest';
import { isStep } from './standing.ts';
import { BAD, GOOD, NEW, Scene, UNJUDGEABLE } from './testing/scene.ts';

const reasonsOf = (scene: Scene, subject: string) =>
  scene.log
    .filter((entry) => entry.subject === subject)
    .map(({ event, actor, reason }) => `${event} (${actor}): ${reason}`);

describe('a good rollout', () => {
  it('goes from wave to wave, each soaked and called good, and keeps what it has updated', () => {
    const scene = new Scene([1, 2, 1]);
    scene.tick();
    expect(scene.states()).toBe('offered waiting waiting waiting');
    scene.updateAll();
    scene.tick();
    expect(scene.states()).toBe('updated waiting waiting waiting');
    scene.tick(29, GOOD);
    expect(scene.rollout.wave).toBe(1);
    scene.tick(1, GOOD);
    expect([scene.rollout.wave, scene.states()]).toEqual([2, 'kept offered offered waiting']);
    for (let wave = 2; wave <= 3; wave++) {
      scene.updateAll();
      scene.tick();
      scene.tick(30, GOOD);
    }
    expect([scene.rollout.state, scene.states()]).toEqual(['completed', 'kept kept kept kept']);
    expect(reasonsOf(scene, 'rollout:r')).toEqual([
      'soaking (rollout): the last device of wave 1 is done: it is watched for 30 minutes',
      'wave-passed (gate): wave 1 of 3 has passed: 1 device with the image goes on being counted',
      'soaking (rollout): the last device of wave 2 is done: it is watched for 30 minutes',
      'wave-passed (gate): wave 2 of 3 has passed: 3 devices with the image go on being counted',
      'soaking (rollout): the last device of wave 3 is done: it is watched for 30 minutes',
      'wave-passed (gate): wave 3 of 3 has passed: 4 devices with the image go on being counted',
      'completed (rollout): wave 3 of 3 has passed: 4 devices with the image go on being counted',
    ]);
  });

  it('has no more under way at once than its plan says', () => {
    const scene = new Scene([5], { mostInParallel: 2 });
    scene.tick();
    expect(scene.states()).toBe('offered offered waiting waiting waiting');
    scene.updateAll();
    scene.tick();
    expect(scene.states()).toBe('updated updated offered offered waiting');
  });

  it('does not pass a wave on a verdict of before the end of its soak, nor on none, and says what it waits for', () => {
    const scene = new Scene([1, 1]);
    scene.tick();
    scene.updateAll();
    scene.tick(1, GOOD);
    scene.tick(20, GOOD);
    scene.tick(20);
    expect([scene.rollout.wave, scene.rollout.reason]).toEqual([
      1,
      'wave 1 has been watched, and the gate has not called it good yet',
    ]);
    scene.tick(1, { verdict: 'watching' });
    expect(scene.rollout.wave).toBe(1);
    scene.tick(1, GOOD);
    expect(scene.rollout.wave).toBe(2);
    expect(scene.log.filter(({ event }) => event === 'waits')).toHaveLength(1);
  });

  it('waits for as many updated devices as its plan wants to have heard of', () => {
    const scene = new Scene([2, 1], { gate: { leastDevices: 2, mostFailed: 0.5 } });
    scene.tick();
    scene.ends('d0', 'failure', 'no space');
    scene.ends('d1', 'success');
    scene.tells('d1');
    scene.tick();
    scene.tick(31, GOOD);
    expect([scene.rollout.state, scene.rollout.wave, scene.rollout.reason]).toEqual([
      'running',
      1,
      'wave 1 has been watched, and fewer than 2 updated devices have been heard of',
    ]);
  });

  it('passes over a device that came to the version by itself, and a wave of such devices', () => {
    const scene = new Scene([1, 1]);
    scene.tells('d0');
    scene.tick();
    expect(scene.states()).toBe('skipped offered');
    expect(scene.device('d0').detail).toBe(`it had ${NEW} before it was offered`);
  });
});

describe('a device', () => {
  it('is updated by its readings alone, however often its updater says success', () => {
    const scene = new Scene([1]);
    scene.tick();
    for (const [parts, state] of [
      [{ progress: 'download' }, 'downloading'],
      [{ progress: 'downloaded' }, 'installing'],
      [{ progress: 'download' }, 'installing'],
      [{ progress: 'proceeding', rebooted: true }, 'rebooting'],
      [{ state: 'closed', outcome: 'success' }, 'rebooting'],
    ] as const) {
      scene.says('d0', parts);
      scene.tick();
      expect(scene.device('d0').state).toBe(state);
    }
    scene.tells('d0');
    scene.tick();
    expect(scene.device('d0')).toMatchObject({ state: 'updated', updatedAt: scene.now - 60_000 });
  });

  it('is not updated by a reading of before the offer', () => {
    const scene = new Scene([1]);
    scene.tick();
    scene.tells('d0', NEW, scene.now - 1);
    scene.tick();
    expect(scene.device('d0').state).toBe('offered');
  });

  it('has fallen back where it tells the former version after its reboot, not while it is about to', () => {
    const scene = new Scene([4], { gate: { mostFailed: 0.5 } });
    scene.tick();
    scene.ends('d0', 'success');
    scene.tick();
    scene.tells('d0', '1.4.0');
    scene.tick(9);
    expect(scene.device('d0').state).toBe('rebooting');
    scene.tick(2);
    scene.tells('d0', '1.4.0');
    scene.tick();
    expect(scene.device('d0')).toMatchObject({
      state: 'fell-back',
      detail: 'it was installed, and its readings tell 1.4.0 since',
    });
    scene.tells('d0', NEW, scene.now + 1);
    scene.tick();
    expect(scene.device('d0').state).toBe('updated');
  });

  it('has fallen back where it says so after its reboot, and failed where it says so before', () => {
    const scene = new Scene([10]);
    scene.tick();
    scene.says('d0', { progress: 'proceeding', rebooted: true });
    scene.tick();
    scene.ends('d0', 'failure', 'the new agent did not confirm');
    scene.says('d1', { state: 'closed', outcome: 'failure', progress: 'closed', rebooted: true });
    scene.ends('d2', 'failure', 'wrong key');
    scene.ends('d3', 'cancelled', 'given up');
    scene.tick();
    expect(scene.states()).toMatch(/^fell-back fell-back failed failed offered/);
    expect(scene.device('d2').detail).toBe('its updater says failure: wrong key');
  });

  it('is not said to have told what the server did by itself', () => {
    const scene = new Scene([2], { gate: { mostFailed: 1 } });
    scene.tick();
    scene.isGivenUp('d1', { code: 'bundle-gone', values: {} });
    scene.tick();
    expect(scene.device('d1')).toMatchObject({
      ...{ state: 'failed', detail: 'its bundle is not in the bundle store any more', why: { code: 'bundle-gone' } },
    });
  });

  it('falls back after hours too, and that counts', () => {
    const scene = new Scene([2]);
    scene.tick();
    scene.updateAll();
    scene.tick();
    scene.tick(300);
    scene.tells('d1', '1.4.0');
    scene.tick();
    expect(scene.states()).toBe('updated fell-back');
    expect(scene.rollout).toMatchObject({ state: 'halted', failing: { signal: 'installation', devices: ['d1'] } });
  });

  it('has fallen back where the agent after it brings its readings with its own, and its updater says why', () => {
    const scene = new Scene([2]);
    scene.tick();
    scene.tells('d0');
    scene.tells('d1', NEW, scene.now + 10_000);
    scene.ends('d1', 'failure', 'it never had a post answered');
    scene.tick();
    expect(scene.states()).toBe('updated updated');
    scene.tells('d1', '1.4.0', scene.now - 20_000); // taken before the image was seen
    scene.tick();
    expect([scene.states(), scene.device('d1').detail]).toEqual([
      'updated fell-back',
      'its updater says failure: it never had a post answered',
    ]);
    expect(scene.rollout).toMatchObject({ state: 'halted', failing: { signal: 'installation', devices: ['d1'] } });
  });

  it('vanishes where nothing comes of it, what it was offered is taken back, and it is believed when it comes after all', () => {
    const scene = new Scene([2], { gate: { mostFailed: 0.5 } });
    scene.tick();
    scene.says('d1', { progress: 'download' });
    scene.tells('d0');
    scene.tick();
    const before = scene.states();
    const taken = scene.tick(60);
    expect([before, scene.states(), taken.cancels]).toEqual(['updated downloading', 'updated vanished', ['d1']]);
    expect(scene.device('d1').detail).toBe('nothing came of it for 60 minutes: it was last downloading');
    scene.tick();
    expect(scene.device('d1').action?.state).toBe('canceling');
    scene.tells('d1');
    scene.tick();
    expect(scene.states()).toBe('updated updated');
  });

  it('vanishes when its SIM turns out to be in another device, whose reading may have been taken for its own', () => {
    const scene = new Scene([2], { gate: { mostFailed: 0.5 } });
    scene.tick();
    scene.updateAll();
    scene.tick();
    scene.losesSim('d1');
    scene.tick();
    expect([scene.states(), scene.device('d1').detail]).toEqual([
      'updated vanished',
      'its SIM is in another device now, so that nothing tells what it has',
    ]);
    scene.tells('d1');
    scene.tick();
    expect(scene.states()).toBe('updated updated');
  });

  it('does not vanish while the rollout is paused, and has the whole time again when it goes on', () => {
    const scene = new Scene([2, 1], { gate: { mostFailed: 1 } });
    scene.tick();
    scene.tick(30, UNJUDGEABLE);
    scene.tick(1000, UNJUDGEABLE);
    scene.tick(1, GOOD);
    expect(scene.states()).toBe('offered offered waiting');
    scene.tick(59);
    expect(scene.states()).toBe('offered offered waiting');
    scene.tick(1);
    expect(scene.states()).toBe('vanished vanished waiting');
  });
});

describe('a bad rollout', () => {
  function bad(): Scene {
    const scene = new Scene([1, 2, 3]);
    scene.tick();
    scene.updateAll();
    scene.tick();
    scene.tick(30, GOOD);
    scene.says('d1', { progress: 'download' });
    scene.tick();
    return scene;
  }

  it('is halted by the gate at once, on the word of which signal, and rolled back everywhere', () => {
    const scene = bad();
    scene.ends('d2', 'success');
    scene.tells('d2');
    scene.tick();
    expect(scene.states()).toBe('kept downloading updated waiting waiting waiting');
    scene.tick(1, BAD);
    expect([scene.rollout.state, scene.rollout.reason]).toEqual(['halted', 'devices fall silent.']);
    expect(scene.rollout.failing).toEqual({
      signal: 'silence',
      since: scene.now,
      haltedAt: scene.now,
      devices: ['d0'],
      reason: 'devices fall silent.',
      why: { code: 'words', values: { words: 'devices fall silent.' } },
    });
    expect(scene.states()).toBe('kept downloading updated skipped skipped skipped');
    const { offers } = scene.tick();
    expect(scene.states()).toBe('leaving downloading leaving skipped skipped skipped');
    expect(offers).toEqual([
      { controllerId: 'd0', purpose: 'rollback', version: '1.4.0' },
      { controllerId: 'd2', purpose: 'rollback', version: '1.4.0' },
    ]);
    scene.ends('d1', 'cancelled');
    for (const id of ['d0', 'd2']) {
      scene.ends(id, 'success');
      scene.tells(id, '1.4.0', scene.now + 1);
    }
    scene.tick();
    expect(scene.states()).toBe('rolled-back skipped rolled-back skipped skipped skipped');
    expect(scene.rollout).toMatchObject({
      state: 'rolled-back',
      reason: 'devices fall silent; no device tells the image any more',
      endedAt: scene.now,
    });
    expect(
      scene.log
        .filter(({ subject }) => subject === 'rollout:r')
        .slice(-3)
        .map(({ actor, to }) => [actor, to]),
    ).toEqual([
      ['gate', 'halted'],
      ['rollout', 'rolling-back'],
      ['rollout', 'rolled-back'],
    ]);
  });

  it('rolls back who comes to the image while it is being taken back', () => {
    const scene = bad();
    scene.says('d2', { progress: 'scheduled' });
    scene.tick(1, BAD);
    scene.tick();
    scene.tells('d1');
    scene.ends('d2', 'success');
    const { offers } = scene.tick();
    expect(scene.states()).toMatch(/^leaving leaving leaving/);
    expect(offers.map(({ controllerId }) => controllerId)).toEqual(['d1', 'd2']);
  });

  it('leaves waves that had passed as they are where only installations fail', () => {
    const scene = bad();
    scene.ends('d1', 'failure', 'no space');
    scene.updateAll();
    scene.tick();
    expect(scene.rollout).toMatchObject({ state: 'halted', reason: '1 of 2 in wave 2 did not come to the image' });
    scene.tick();
    expect(scene.states()).toBe('kept failed leaving skipped skipped skipped');
  });

  it('says where there is nothing to go back to, and ends all the same', () => {
    const scene = bad();
    scene.offerable = new Set([NEW]);
    scene.tick(1, BAD);
    const { offers } = scene.tick();
    expect(offers).toEqual([]);
    expect(scene.device('d0').detail).toBe(
      '1.4.0, which it had before, is not in the registry or is revoked: only its own slot can bring it back',
    );
    for (const id of ['d1', 'd2']) scene.ends(id, 'cancelled');
    scene.tells('d0', '1.4.0', scene.now + 1);
    scene.tick();
    expect([scene.rollout.state, scene.device('d0').state]).toEqual(['rolled-back', 'rolled-back']);
  });

  it('shows who came to the image after it was given up and has nothing to go back to, once', () => {
    const scene = bad();
    scene.offerable = new Set([NEW]);
    scene.tick(1, BAD);
    scene.tick();
    scene.ends('d1', 'cancelled');
    scene.tick();
    expect(scene.device('d1').state).toBe('skipped');
    scene.tells('d1');
    scene.tick();
    scene.tick(200);
    scene.tick();
    expect(scene.device('d1')).toMatchObject({
      state: 'failed',
      detail: expect.stringMatching(/after all; 1.4.0, which/),
    });
    expect(scene.log.filter(({ subject, to }) => subject === 'device:d1' && to === 'failed')).toHaveLength(1);
    expect(scene.rollout.state).toBe('rolled-back');
  });

  it('tells of a device that it could not be rolled back, and that the server gave it up', () => {
    const scene = bad();
    scene.tick(1, BAD);
    scene.tick();
    scene.isGivenUp('d0', { code: 'begun-too-often', values: { times: 21 } });
    scene.tick();
    expect(scene.device('d0')).toMatchObject({
      state: 'failed',
      detail: 'it could not be rolled back: its download was begun from the first byte 21 times',
    });
  });

  it('tells who still has the image when their time is up, or could not be heard', () => {
    const scene = bad();
    scene.tick(1, BAD);
    scene.tick();
    for (const id of ['d1', 'd2']) scene.ends(id, 'cancelled');
    scene.tells('d0', NEW, scene.now + 1);
    scene.tick(61);
    expect(scene.device('d0')).toMatchObject({
      state: 'failed',
      detail: 'it still tells 1.5.0 60 minutes after it was to be rolled back',
    });
    expect(scene.rollout.reason).toBe('devices fall silent; 1 device still tells the image: see what each says');
  });

  it('leaves the way back open to a device that had taken the image and went silent', () => {
    const scene = bad();
    scene.tick(1, BAD);
    scene.tick();
    const { offers } = scene.tick(61);
    expect(scene.device('d1').state).toBe('vanished');
    expect(offers).toContainEqual({ controllerId: 'd1', purpose: 'rollback', version: '1.4.0' });
    expect(offers.map(({ controllerId }) => controllerId)).not.toContain('d2');
  });

  it.each([
    ['that is silent', 61],
    ['that is leaving', 0],
  ])('closes the way back of a device %s once it tells a version of somebody else', (_, minutes) => {
    const scene = bad();
    scene.tick(1, BAD);
    scene.tick();
    if (minutes > 0) scene.tick(minutes);
    const id = minutes > 0 ? 'd1' : 'd0';
    expect([scene.device(id).state, scene.device(id).action]).toMatchObject([
      minutes > 0 ? 'vanished' : 'leaving',
      { purpose: 'rollback', state: 'open' },
    ]);
    scene.tells(id, '1.7.0', scene.now + 1);
    // A silent one is not waited for: its rollout may be over.
    expect(scene.rollout.endedAt !== null).toBe(minutes > 0);
    const taken = minutes > 0 ? scene.afterwards() : scene.tick();
    expect(taken.cancels).toEqual([id]);
    expect(scene.device(id)).toMatchObject({
      state: 'skipped',
      why: { code: 'reimaged', values: { told: '1.7.0', version: NEW, former: '1.4.0' } },
      detail: expect.stringMatching(/^its readings tell 1.7.0, which is neither 1.5.0 nor 1.4.0/),
      action: { state: 'closed', outcome: 'cancelled' },
    });
    expect(isStep(scene.afterwards(), scene.rollout)).toBe(false);
  });

  it.each(['1.4.0', NEW])('leaves the way back open to a silent device that tells %s', (version) => {
    const scene = bad();
    scene.tick(1, BAD);
    scene.tick();
    scene.tick(61);
    scene.tells('d1', version, scene.now + 1);
    expect(isStep(scene.afterwards(), scene.rollout)).toBe(false);
  });

  it('is halted where its image is revoked', () => {
    const scene = bad();
    scene.revoked = 'CVE-2026-1';
    scene.tick();
    expect(scene.rollout).toMatchObject({
      state: 'halted',
      reason: 'agent/1.5.0 is revoked: CVE-2026-1',
      failing: { signal: null },
    });
    scene.tick();
    expect(scene.device('d0').state).toBe('leaving');
  });

  it('is halted by the boards of one region that refuse it, before they are many in their wave', () => {
    const scene = new Scene([20]);
    scene.devices = scene.devices.map((device, index) => (index < 4 ? { ...device, region: '40' } : device));
    scene.tick();
    for (const id of ['d0', 'd1']) scene.ends(id, 'failure');
    scene.tick();
    expect(scene.rollout.state).toBe('running');
    scene.ends('d2', 'failure');
    scene.tick();
    expect(scene.rollout.reason).toBe('3 of 3 of board pi-4 in region 40 did not come to the image');
  });

  it('is halted by the gate while a person has paused it', () => {
    const scene = bad();
    scene.order('pause');
    scene.tick(1, BAD);
    expect(scene.rollout.state).toBe('halted');
  });
});

describe('a rollout that nothing can be said of', () => {
  it('is paused by the gate, offers nothing, rolls nothing back, and goes on by itself, its soak put off', () => {
    const scene = new Scene([1, 1]);
    scene.tick();
    scene.updateAll();
    scene.tick();
    scene.tick(20, UNJUDGEABLE);
    expect(scene.rollout).toMatchObject({ state: 'paused', pausedBy: 'gate', reason: 'region 13 is silent' });
    scene.tick(600, UNJUDGEABLE);
    expect([scene.rollout.state, scene.states()]).toEqual(['paused', 'updated waiting']);
    scene.tick(1, GOOD);
    expect(scene.rollout).toMatchObject({ state: 'running', pausedBy: null });
    scene.tick(9, GOOD);
    expect(scene.rollout.wave).toBe(1);
    scene.tick(1, GOOD);
    expect(scene.rollout.wave).toBe(2);
  });

  it.each([
    ['pauses it before', ['order', 'outage']],
    ['takes over from the gate', ['outage', 'order']],
  ] as const)('has no soak in that time where a person %s', (_, [first]) => {
    const scene = new Scene([1, 1]);
    scene.tick();
    scene.updateAll();
    scene.tick();
    if (first === 'order') scene.order('pause');
    scene.tick(5, UNJUDGEABLE);
    if (first === 'outage') {
      scene.tick(5, UNJUDGEABLE);
      scene.order('pause');
    } else scene.tick(5, UNJUDGEABLE);
    scene.tick(600, UNJUDGEABLE);
    scene.tick(1, GOOD);
    scene.tick(1, GOOD);
    scene.order('resume');
    scene.tick(22, GOOD);
    expect(scene.rollout.wave).toBe(1);
    scene.tick(2, GOOD);
    expect(scene.rollout.wave).toBe(2);
  });

  it('stays paused where a person has paused it, and is not resumed by one where the gate has', () => {
    const scene = new Scene([1, 1]);
    scene.tick(1, UNJUDGEABLE);
    expect(() => scene.order('resume')).toThrow('goes on by itself when it can be judged');
    scene.order('pause');
    scene.tick(1, GOOD);
    expect(scene.rollout).toMatchObject({ state: 'paused', pausedBy: 'Bunta' });
    scene.order('resume');
    scene.tick();
    expect(scene.states()).toBe('offered waiting');
  });
});

describe("a person's order", () => {
  it('of approval is another person than who planned it, however the name is written', () => {
    const scene = new Scene([1], { requireApproval: true }, 'awaiting-approval');
    expect(() => scene.order('start')).toThrow('another person approves it first');
    expect(() => scene.order('approve', ' aiko')).toThrow('Aiko planned r, and another person must approve it');
    scene.order('approve', 'Bunta');
    scene.order('start', 'Aiko');
    scene.tick();
    expect(scene.states()).toBe('offered');
  });

  it('to abort leaves devices as they are, takes back what is open, and ends when each is done', () => {
    const scene = new Scene([4, 1]);
    scene.tick();
    scene.tells('d0');
    scene.says('d2', { progress: 'download' });
    scene.ends('d3', 'success');
    scene.tick();
    const { cancels } = scene.order('abort', 'Bunta', { reason: 'not today' });
    expect([scene.rollout.reason, cancels]).toEqual(['aborted by Bunta: not today', ['d1', 'd2']]);
    expect(scene.states()).toBe('kept offered downloading rebooting skipped');
    scene.ends('d2', 'cancelled');
    scene.tick();
    expect([scene.rollout.endedAt, scene.states()]).toEqual([null, 'kept skipped skipped rebooting skipped']);
    scene.tells('d3');
    scene.tick();
    expect(scene.rollout).toMatchObject({ state: 'aborted', endedAt: scene.now });
    expect(scene.states()).toBe('kept skipped skipped kept skipped');
  });

  it('asks no updater a second time to stop that has said that it can not', () => {
    const scene = new Scene([2]);
    scene.tick();
    for (const id of ['d0', 'd1']) scene.says(id, { progress: 'downloaded' });
    expect(scene.order('abort').cancels).toEqual(['d0', 'd1']);
    scene.says('d0', { state: 'open', progress: 'rejected' });
    expect(scene.tick().cancels).toEqual([]);
    scene.says('d0', { progress: 'proceeding' });
    expect(scene.tick().cancels).toEqual([]);
  });

  it('to abort may roll back', () => {
    const scene = new Scene([1, 1]);
    scene.tick();
    scene.updateAll();
    scene.tick();
    scene.order('abort', 'Bunta', { rollBack: true });
    scene.tick();
    expect(scene.states()).toBe('leaving skipped');
    scene.tells('d0', '1.4.0', scene.now + 1);
    scene.tick();
    expect(scene.rollout.state).toBe('rolled-back');
  });

  it.each(['pause', 'resume', 'abort', 'start', 'approve'] as const)(
    '%s changes nothing where a rollout is over',
    (order) => {
      const scene = new Scene([1], {}, 'completed');
      expect(() => scene.order(order)).toThrow(
        `It can't take ${order}: r is completed: it is over. Nothing was changed.`,
      );
    },
  );
});
