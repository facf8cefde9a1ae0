import { loadConfiguration } from '@tashika/shared/config';
import { systemClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cloudRules, cloudSchema } from './config/index.ts';
import { openStore, type Store } from './store/index.ts';
import { startWorker, type Worker } from './worker.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Port 1 is nobody's: the connection is refused at once. */
const connectionString =
  'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=listen;SharedAccessKey=secret;UseDevelopmentEmulator=true';

describe('a worker whose hub is away', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openStore('pglite:memory', { logger });
  });
  afterAll(() => store.close());

  const configuration = loadConfiguration({
    schema: cloudSchema,
    prefix: 'TASHIKA_CLOUD',
    env: {},
    overrides: { eventHubs: { connectionString }, store: { url: 'pglite:memory' } },
    rules: cloudRules,
  });

  it('starts, says why nothing comes, and stops in time', async () => {
    const worker = await startWorker(configuration, { store, clock: systemClock, logger });
    await untilTrouble(worker);
    expect(worker.progress).toEqual({
      trouble: {
        code: 'EVENT_HUBS_UNREACHABLE',
        message: expect.stringContaining('ECONNREFUSED'),
        since: expect.any(Number),
      },
      partitions: [],
    });
    const stoppedAt = performance.now();
    await worker.stop();
    expect(performance.now() - stoppedAt).toBeLessThan(10_000);
  });

  it('gives back on an embedded store what a former life owned', async () => {
    await store.query(`INSERT INTO partition (namespace, hub, consumer_group, partition_id, owner_id)
                       VALUES ('127.0.0.1:1', 'telemetry', '$Default', '0', 'killed')`);
    const worker = await startWorker(configuration, { store, clock: systemClock, logger });
    expect(await store.query('SELECT owner_id FROM partition')).toEqual([{ owner_id: '' }]);
    await worker.stop();
  });

  it('refuses a connection string that names no endpoint', async () => {
    const wrong = { ...configuration, eventHubs: { ...configuration.eventHubs, connectionString: 'nonsense' } };
    await expect(startWorker(wrong, { store, clock: systemClock, logger })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

async function untilTrouble(worker: Worker): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!worker.progress.trouble) {
    if (performance.now() > deadline) throw new Error('the worker did not notice that the hub is away');
    await systemClock.sleep(20);
  }
}
