import { describe, expect, it } from 'vitest';
import type { ScriptedImage } from './testing/scripted-slots.ts';
import { GOOD, UpdateScene } from './testing/update-scene.ts';

const scene = UpdateScene.forEachTest();

describe('an updater that is killed', () => {
  class Killed extends Error {}

  /** Runs the update, killed before its `at`-th act, and again until it is through; how many acts there were. */
  async function killedAt(at: number, image: ScriptedImage): Promise<number> {
    scene.offered('7', {}, image);
    scene.device.settings = { TASHIKA_EDGE_UPDATE_PIECE_BYTES: '8192' };
    const { slots } = scene.device;
    let acts = 0;
    const stop = () => {
      if (++acts === at) throw new Killed();
    };
    slots.before = stop;
    scene.server.disturb = (_request, response) => {
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
      await scene.device.update(dead.signal).catch(() => undefined);
      slots.before = killing;
      if (!dead.signal.aborted && scene.server.offer === undefined) break;
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
      scene.device.remove();
      scene.server.told.length = 0;
      scene.server.attributes.length = 0;
      await killedAt(at, image);
      expect([at, scene.device.slots.current, scene.device.slots.primary, scene.device.slots.trial]).toEqual([
        at,
        slot,
        slot,
        undefined,
      ]);
      const ends = scene.server.told.filter(({ execution }) => execution === 'closed');
      expect([at, ends.map((each) => each.finished)]).toEqual([at, [finished]]);
      expect([at, scene.device.state.outbox, scene.device.state.work]).toEqual([at, [], undefined]);
    }
  });
});
