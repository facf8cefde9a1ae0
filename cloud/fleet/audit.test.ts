import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { audit, auditAll } from './audit.ts';

let store: Store;
const logger = { debug() {}, info() {}, warn() {}, error() {} };
const AT = Date.UTC(2026, 5, 1);

beforeAll(async () => {
  store = await openMemoryStore({ logger });
});
afterAll(() => store.close());

it('keeps entries in the order in which the steps were taken, with what is not storable made so', async () => {
  await auditAll(store, [
    ...Array.from({ length: 50 }, (_, index) => ({
      at: AT + index,
      actor: 'rollout',
      subject: `device:d${index}`,
      rolloutId: 'r',
      event: 'offered',
      from: 'waiting',
      to: 'offered',
      reason: 'its wave has begun',
    })),
  ]);
  await audit(store, { at: AT, actor: 'Aiko', subject: 'image:agent/1.0.0', event: 'imported', reason: 'a\u0000b' });
  const rows = await store.query('SELECT * FROM fleet_audit ORDER BY id');
  expect(rows.slice(0, 50).map(({ subject }) => subject)).toEqual(
    Array.from({ length: 50 }, (_, at) => `device:d${at}`),
  );
  expect(rows[0]).toMatchObject({ at: new Date(AT), rollout_id: 'r', from_state: 'waiting', to_state: 'offered' });
  expect(rows[50]).toMatchObject({
    actor: 'Aiko',
    rollout_id: null,
    from_state: null,
    to_state: null,
    reason: 'a\ufffdb',
  });
});
