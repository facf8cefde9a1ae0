import { TestClock } from '@tashika/shared/time';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { fleet } from '../config/fleet.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { startRollouts } from './index.ts';
import { orderRollout, planRollout } from './rollout/index.ts';
import { addDevices, addImages } from './rollout/testing/sample-fleet.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

it('a started rollout is stepped at the next tick, the ledger is sampled at the end of a round, and both stop', async () => {
  const store = await openMemoryStore({ logger });
  const clock = new TestClock(NOON + 1);
  const settings = Value.Parse(fleet, Value.Default(fleet, {}));
  await addImages(store, ['1.5.0'], NOON);
  await addDevices(store, 3, NOON);
  const parts = { store, tenant: settings.tenant, roundMs: settings.sampleMs };
  const plan = { id: 'r', image: 'agent/1.5.0', target: {}, waves: [{ devices: 2 }, { percent: 100 }] };
  await planRollout(parts, plan, { by: 'Aiko', now: NOON });
  await orderRollout(parts, 'r', { order: 'start', by: 'Aiko' }, NOON);
  const rollouts = startRollouts({ store, clock, logger, settings });
  await clock.advance(settings.tickMs);
  // What was begun is done before it stops.
  await rollouts.stop();
  expect(await store.query('SELECT count(*) AS offers FROM deployment_action')).toEqual([{ offers: 2 }]);

  const later = new TestClock(NOON + settings.sampleMs - 1_000);
  const again = startRollouts({ store, clock: later, logger, settings });
  await later.advance(1_000);
  await again.stop();
  expect(await store.query('SELECT count(*) AS devices FROM fleet_sample')).toEqual([{ devices: 3 }]);
  expect([clock.pending, later.pending]).toEqual([0, 0]);
  await store.close();
});
