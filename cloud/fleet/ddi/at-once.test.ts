import { isTashikaError } from '@tashika/shared/errors';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStore, type Store } from '../../store/index.ts';
import { type PostgresServer, startPostgresServer } from '../../store/postgres-server.ts';
import { bindSim } from './admission.ts';
import { ServedBytes } from './served-bytes.ts';
import { addAction, addFleetDevice, addImage } from './testing/index.ts';

const NOW = Date.UTC(2026, 0, 31, 12);
const logger = { debug() {}, info() {}, warn() {}, error() {} };

const server: PostgresServer | undefined = await startPostgresServer();
afterAll(() => server?.stop());

/** PGlite does one thing after the other; here several processes really meet. */
describe.skipIf(!server)('at once, on a PostgreSQL server,', () => {
  let store: Store;

  beforeAll(async () => {
    store = await openStore(await server!.createDatabase(), { logger });
  });
  afterAll(() => store.close());

  const bind = (controllerId: string, imsi: string, now = NOW) =>
    bindSim(store, {
      tenant: 'tashika',
      controllerId,
      imsi,
      token: undefined,
      quietMs: 600_000,
      polledAt: () => undefined,
      now,
    });

  async function refusalsOf(all: readonly Promise<void>[]): Promise<number> {
    const refused = (await Promise.allSettled(all)).filter((each) => each.status === 'rejected');
    for (const { reason } of refused) expect(isTashikaError(reason, 'CONTROLLER_TAKEN'), String(reason)).toBe(true);
    return refused.length;
  }

  it('one SIM that comes under many names is one of them', async () => {
    for (let round = 0; round < 5; round++) {
      const imsi = `29500000000000${round}`;
      const names = Array.from({ length: 8 }, (_, n) => `pi-${round}-${n}`);
      expect(await refusalsOf(names.map((name) => bind(name, imsi)))).toBe(7);
      expect(await store.query('SELECT controller_id FROM fleet_device WHERE imsi = $1', [imsi])).toHaveLength(1);
    }
  });

  it('two devices whose SIMs were swapped come out right, or are refused', async () => {
    await Promise.all([bind('left', '295000000000101'), bind('right', '295000000000102')]);
    const later = NOW + 600_000;
    const swap = () => refusalsOf([bind('left', '295000000000102', later), bind('right', '295000000000101', later)]);
    await swap();
    await swap();
    const rows = await store.query<{ controller_id: string; imsi: string }>(
      `SELECT controller_id, imsi FROM fleet_device WHERE controller_id IN ('left', 'right') ORDER BY controller_id`,
    );
    expect(rows.map(({ imsi }) => imsi)).toEqual(['295000000000102', '295000000000101']);
  });

  it('downloads of one device serve no more than its day allows', async () => {
    const image = await addImage(store, Buffer.from('a bundle'));
    await addFleetDevice(store, { controllerId: 'pi' });
    const id = await addAction(store, { controllerId: 'pi', image, dailyBytes: 20_000_000 });
    const downloads = Array.from({ length: 9 }, () => new ServedBytes(store, id, () => NOW));
    const served = await Promise.all(
      downloads.map(async (download) => {
        let bytes = 0;
        for (let part = 0; part < 6; part++) bytes += await download.take(2_000_000);
        await download.settle();
        return bytes;
      }),
    );
    const sum = served.reduce((all, each) => all + each);
    expect(sum).toBe(20_000_000);
    const [row] = await store.query<{ served_bytes: number }>('SELECT served_bytes FROM deployment_action');
    expect(row!.served_bytes).toBe(sum);
  });
});
