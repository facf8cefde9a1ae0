import { afterAll, beforeAll, expect, it } from 'vitest';
import { migrate } from '../migrate.ts';
import type { Store } from '../store.ts';
import { openBlankPglite } from '../testing/memory-store.ts';
import { losses } from './0004-losses.ts';
import { migrations } from './index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };

let store: Store;
beforeAll(async () => {
  store = await openBlankPglite(logger);
});
afterAll(() => store.close());

it('gives the ledgers that a store already has the figures of their ranges', async () => {
  const before = migrations.slice(0, migrations.indexOf(losses));
  await migrate(store, logger, before);
  await store.script(`
    INSERT INTO device (imsi, region, last_seen) VALUES ('1', '13', now());
    INSERT INTO ledger (imsi, stream, received, lost, held, updated_at)
    VALUES ('1', 'empty', '{}', '{}', 0, now()),
           ('1', 'gappy', '{[3,5),[10,12)}', '{[5,7)}', 4, now()),
           ('1', 'lost last', '{[1,3)}', '{[8,10)}', 0, now());`);
  await migrate(store, logger);
  const figures = 'stream, through, received_count, missing_count, lost_count';
  expect((await store.query(`SELECT ${figures} FROM ledger ORDER BY stream`)).map(Object.values)).toEqual([
    ['empty', 0, 0, 0, 0],
    ['gappy', 11, 4, 5, 2],
    ['lost last', 9, 2, 5, 2],
  ]);
  expect(await store.query('SELECT * FROM region_completeness')).toEqual([
    { region: '13', devices: 1, received: 6, missing: 10, held: 4, lost: 4, completeness: 6 / 24 },
  ]);
});
