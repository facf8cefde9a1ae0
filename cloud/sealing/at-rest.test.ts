import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openApiOver } from '../api/testing/open.ts';
import type { ArrivedEvent } from '../ingest/event.ts';
import { GroupCommit, redrive, registerPartitions } from '../ingest/index.ts';
import { event, IMSI, NOON, post } from '../ingest/sample-events.ts';
import type { Store } from '../store/index.ts';
import { openMemoryStore } from '../store/testing/memory-store.ts';
import { policyOf } from '../windows/index.ts';
import { openingBy, openSealing, type Sealing } from './index.ts';
import { scriptedTransit } from './testing/transit.ts';

const hub = { namespace: 'local', hub: 'telemetry', consumerGroup: '$Default' };
const windows = {
  policy: 'revise',
  lateToleranceMs: 5_000,
  earlyToleranceMs: 300_000,
  outOfOrderToleranceMs: 0,
} as const;
const policy = policyOf(windows);
const logger = pino({ level: 'silent' });
const vault = scriptedTransit();
const clock = new TestClock(NOON);
const opening = openingBy(vault, 'transit/fields', clock);

/** Two that nobody else would write. */
const SECRET = 35.689_487;
const SECRET_TEXT = 'card-7731-secret';
const OPEN = 21.25;

let store: Store;
let sealing: Sealing & { stop(): void };
beforeAll(async () => {
  store = await openMemoryStore({ logger });
  sealing = await openSealing({ fields: ['gps/*', 'card'], key: 'transit/fields' }, { vault, clock, logger });
  await registerPartitions(store, hub, { createdAt: NOON, partitionIds: ['0'] }, policy);
  await store.query(`UPDATE partition SET owner_id = 'me'`);
  await take(
    event(1, post({ seq: 1, name: 'gps/lat', values: [SECRET] })),
    event(2, post({ seq: 2, name: 'card', values: [SECRET_TEXT] })),
    event(3, post({ seq: 3, name: 'temp', values: [OPEN] })),
    event(4, { ...post({ seq: 4, name: 'gps/lat', values: [SECRET] }), pref: SECRET_TEXT }),
    event(5, post({ seq: 5, name: 'gps/lat', values: [SECRET], times: [NOON + 400_000] })),
  );
});
afterAll(async () => {
  sealing.stop();
  await store.close();
});

async function take(...events: ArrivedEvent[]): Promise<void> {
  const commits = new GroupCommit({ store, hub, policy, clock, logger, sealing });
  await commits.submit({ partitionId: '0', ownerId: 'me', events, startsAtCheckpoint: true });
}

/** Everything that the database has, as text. */
async function wholeDatabase(): Promise<string> {
  const tables = await store.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      store.query<{ row: string; bytes: string | null }>(
        `SELECT t::text AS row, ${name === 'dead_letter' ? `convert_from(body, 'UTF8')` : 'NULL'} AS bytes FROM "${name}" t`,
      ),
    ),
  );
  return JSON.stringify(rows);
}

describe('values that are kept sealed', () => {
  it('stand nowhere in the database, and are counted', async () => {
    const all = await wholeDatabase();
    expect(all).toContain(String(OPEN));
    expect(all).not.toContain(String(SECRET));
    expect(all).not.toContain(SECRET_TEXT);
    expect(await store.query('SELECT sum(readings) AS readings FROM window_region')).toEqual([{ readings: 3 }]);
    expect(await store.query('SELECT DISTINCT sensor FROM window_value')).toEqual([{ sensor: 'temp' }]);
  });

  it('are shown to whom Vault opens them, dead letters too', async () => {
    const app = await openApiOver(store, { opening, clock });
    const { lastValues } = (await app.inject(`/api/devices/${IMSI}`)).json();
    expect(lastValues).toMatchObject({
      'gps/lat': { value: SECRET, unit: 'Cel', sealed: true },
      card: { value: SECRET_TEXT, sealed: true },
      temp: { value: OPEN },
    });
    expect(lastValues.temp).not.toHaveProperty('sealed');
    const { deadLetters } = (await app.inject('/api/dead-letters')).json();
    expect(deadLetters[0]).toMatchObject({ reason: 'unknown-region', detail: expect.stringContaining(SECRET_TEXT) });
    expect(deadLetters[0].sample).toContain(String(SECRET));
    expect((await app.inject(`/api/dead-letters/${deadLetters[0].id}/body`)).payload).toContain(SECRET_TEXT);
    await app.close();
  });

  it('are not shown to others, who still see the rest', async () => {
    const app = await openApiOver(store, { clock });
    const { lastValues, posts } = (await app.inject(`/api/devices/${IMSI}`)).json();
    expect([lastValues['gps/lat'].value, lastValues.card.value, lastValues.temp.value, posts]).toEqual([
      null,
      null,
      OPEN,
      3,
    ]);
    const answer = await app.inject('/api/dead-letters');
    expect(answer.json().deadLetters[0]).toMatchObject({ detail: expect.stringMatching(/^Sealed\. /), sample: '' });
    expect(answer.payload).not.toContain(SECRET_TEXT);
    const body = await app.inject(`/api/dead-letters/${answer.json().deadLetters[0].id}/body`);
    expect(body.statusCode).toBe(503);
    expect(body.payload).not.toContain(SECRET_TEXT);
    await app.close();
  });

  it('are counted when their dead letter is driven again, and stay sealed', async () => {
    const [letter] = await store.query<{ id: number }>(`SELECT id FROM dead_letter WHERE reason = 'event-too-early'`);
    await expect(redrive(store, letter!.id, NOON + 400_000, { windows })).rejects.toMatchObject({
      code: 'SEALED_UNREADABLE',
    });
    await expect(redrive(store, letter!.id, NOON + 400_000, { windows, opening })).rejects.toMatchObject({
      code: 'SEALING_OFF',
    });
    expect(await redrive(store, letter!.id, NOON + 400_000, { windows, sealing, opening })).toEqual({
      outcome: 'counted',
    });
    expect(await store.query('SELECT sum(readings) AS readings FROM window_region')).toEqual([{ readings: 4 }]);
    expect(await wholeDatabase()).not.toContain(String(SECRET));
  });
});
