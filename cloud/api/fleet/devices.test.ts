import { TestClock } from '@tashika/shared/time';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Updaters } from '../../fleet/ddi/index.ts';
import { addAction, addFleetDevice, addImage, memoryBundles } from '../../fleet/ddi/testing/index.ts';
import type { Store } from '../../store/index.ts';
import { openMemoryStore } from '../../store/testing/memory-store.ts';
import { openApiOver } from '../testing/open.ts';
import { addDevice } from '../testing/seed.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const logger = pino({ level: 'silent' });
const clock = new TestClock(NOW);

let store: Store;
let app: FastifyInstance;

beforeAll(async () => {
  store = await openMemoryStore({ logger });
  const parts = { store, clock, logger, bundles: memoryBundles(new Map()) };
  const updaters = new Updaters({ ...parts, tenant: 'tashika', pollMs: 300_000 });
  app = await openApiOver(store, { clock, updaters: { updaters, forwardedHosts: [] } });
});

afterAll(async () => {
  await app.close();
  await store.close();
});

async function ask(controllerId: string, settings?: object) {
  const url = `/api/fleet/devices/${controllerId}`;
  const answer = await app.inject(settings ? { method: 'PUT', url, payload: settings } : { url });
  return { status: answer.statusCode, body: answer.json() };
}

const poll = (controllerId: string, token: string) =>
  app.inject({ url: `/tashika/controller/v1/${controllerId}`, headers: { authorization: `TargetToken ${token}` } });

describe('a device of the fleet', () => {
  it('is told with what it has by its readings, what it was told, and what became of it', async () => {
    const imsi = '295000000000007';
    await addFleetDevice(store, { controllerId: 'gateway-7', imsi, at: new Date(NOW) });
    await store.query(`UPDATE fleet_device SET agent_version = '1.3.0', system_version = '13.1', board = 'pi4'`);
    const lastValues = { 'agent/version': { value: '1.4.0', unit: '', time: '2026-01-31T11:59:00.000Z' } };
    await addDevice(store, { imsi, lastSeen: '2026-01-31T11:59:00.000Z', lastValues });
    const image = await addImage(store, Buffer.from('a bundle'));
    const id = await addAction(store, { controllerId: 'gateway-7', image });
    await store.query(
      `INSERT INTO rollout_device (rollout_id, controller_id, wave, state, since, previous_version)
       VALUES ('agent-1-5-0', 'gateway-7', 1, 'offered', $1, '1.4.0')`,
      [new Date(NOW)],
    );
    const at = '2026-01-31T12:00:00.000Z';
    expect(await ask('gateway-7')).toEqual({
      status: 200,
      body: {
        ...{ controllerId: 'gateway-7', imsi, imsiProved: true, region: '13', board: 'pi4', channel: 'stable' },
        ...{ tags: [], timeZone: 'Asia/Tokyo', agentVersion: '1.4.0', systemVersion: '13.1' },
        ...{ firstPoll: at, lastPoll: at, lastSeen: '2026-01-31T11:59:00.000Z' },
        rollouts: [
          { rollout: 'agent-1-5-0', wave: 1, state: 'offered', since: at, detail: null, previousVersion: '1.4.0' },
        ],
        actions: [
          {
            ...{ id: String(id), rollout: 'agent-1-5-0', purpose: 'update', image: 'agent/1.5.0', state: 'open' },
            ...{ outcome: null, progress: null, createdAt: expect.any(String), closedAt: null, detail: null },
          },
        ],
        history: [],
      },
    });
  });

  it('is told what it was offered last first, however many actions there were', async () => {
    await addFleetDevice(store, { controllerId: 'gateway-6', at: new Date(NOW) });
    await store.query(
      `INSERT INTO deployment_action (id, tenant, controller_id, rollout_id, purpose, kind, version, state, created_at)
       OVERRIDING SYSTEM VALUE
       SELECT id, 'tashika', 'gateway-6', 'agent-1-5-0', 'update', 'agent', '1.5.0', 'closed', now()
         FROM unnest(ARRAY[99, 100]) AS id`,
    );
    expect((await ask('gateway-6')).body.actions).toMatchObject([{ id: '100' }, { id: '99' }]);
  });

  it('is made known before it asks, with a token that is told once', async () => {
    const { status, body } = await ask('gateway-8', {
      by: 'ada',
      channel: 'canary',
      tags: ['b', 'a', 'b'],
      token: true,
    });
    expect([status, body]).toMatchObject([
      200,
      { channel: 'canary', tags: ['a', 'b'], firstPoll: null, lastPoll: null },
    ]);
    expect(body.token).toMatch(/^[\w-]{43}$/);
    expect((await ask('gateway-8')).body.token).toBeUndefined();
    expect((await poll('gateway-8', body.token)).statusCode).toBe(200);
    await clock.advance(1_000);
    await expect.poll(async () => (await ask('gateway-8')).body.firstPoll).toBe('2026-01-31T12:00:00.000Z');
    const kept = await store.query(`SELECT to_jsonb(fleet_device)::text AS all FROM fleet_device`);
    expect(JSON.stringify(kept)).not.toContain(body.token);
    expect(
      await store.query(`SELECT actor, event, reason FROM fleet_audit WHERE subject = 'device:gateway-8'`),
    ).toEqual([{ actor: 'ada', event: 'set', reason: 'channel canary; tags a, b; a new target token' }]);
    expect((await ask('gateway-8')).body.history).toMatchObject([
      { actor: 'ada', event: 'set', reason: 'channel canary; tags a, b; a new target token' },
    ]);
  });

  it('keeps what is not spoken of, and a former token is refused from then on', async () => {
    const first = (await ask('gateway-9', { token: true })).body.token;
    expect((await ask('gateway-9', { timeZone: 'Asia/Seoul' })).body).toMatchObject({
      timeZone: 'Asia/Seoul',
      channel: 'stable',
    });
    expect((await poll('gateway-9', first)).statusCode).toBe(200);
    const second = (await ask('gateway-9', { token: true })).body.token;
    expect([(await poll('gateway-9', first)).statusCode, (await poll('gateway-9', second)).statusCode]).toEqual([
      401, 200,
    ]);
    await ask('gateway-9', { token: false });
    expect((await poll('gateway-9', second)).statusCode).toBe(401);
  });

  it.each([
    ['gateway-10', { channel: 'nightly' }, 'channel'],
    ['gateway-10', { tags: ['a b'] }, 'tags'],
    ['gateway-10', { timeZone: 'Mars/Olympus' }, 'timeZone'],
    ['gateway-10', { color: 'red' }, 'color'],
    ['gateway-10', { by: 'ddi' }, 'by'],
    ['..%2f', { token: true }, 'controllerId'],
    ['..%2f', undefined, 'controllerId'],
  ])('is refused where it is wrong: %s, %j', async (controllerId, settings, parameter) => {
    expect(await ask(controllerId, settings)).toMatchObject({ status: 400, body: { code: 'BAD_REQUEST', parameter } });
    expect((await ask('gateway-10')).status).toBe(404);
  });
});
