import { loadConfiguration } from '@tashika/shared/config';
import { TashikaError } from '@tashika/shared/errors';
import { systemClock, TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cloudRules, cloudSchema } from './config/index.ts';
import { HubInspector, HubReader } from './ingest/index.ts';
import type { Store } from './store/index.ts';
import { openMemoryStore } from './store/testing/memory-store.ts';
import { startWorker } from './worker.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
/** Port 1 is nobody's: the connection is refused at once. */
const connectionString =
  'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=listen;SharedAccessKey=secret;UseDevelopmentEmulator=true';

const configuration = loadConfiguration({
  schema: cloudSchema,
  prefix: 'TASHIKA_CLOUD',
  env: {},
  overrides: { eventHubs: { connectionString }, store: { url: 'pglite:memory' } },
  rules: cloudRules,
});

describe('a worker whose hub is away', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openMemoryStore({ logger });
  });
  afterAll(() => store.close());

  it('starts, says why nothing comes, and stops in time', async () => {
    const worker = await startWorker(configuration, { store, clock: systemClock, logger });
    await until(() => worker.progress.looked);
    expect(worker.progress).toEqual({
      looked: true,
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

describe('a worker whose key may not read', () => {
  let store: Store;
  beforeAll(async () => {
    store = await openMemoryStore({ logger });
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    await store.close();
  });

  it('asks again each second, says so once, and reads as soon as the key may', async () => {
    const refusal = new TashikaError('EVENT_HUBS_UNAUTHORIZED', 'its key needs the Listen claim');
    vi.spyOn(HubInspector.prototype, 'hub').mockResolvedValue({ createdAt: 1, partitionIds: ['0'] });
    const mayRead = vi.spyOn(HubInspector.prototype, 'mayRead').mockRejectedValue(refusal);
    const reading = vi.spyOn(HubReader.prototype, 'start').mockReturnValue();
    const warn = vi.fn();
    const clock = new TestClock(Date.UTC(2026, 0, 1));
    const worker = await startWorker(configuration, { store, clock, logger: { ...logger, warn } });
    await until(() => mayRead.mock.calls.length >= 3, clock);
    expect(worker.progress.trouble).toMatchObject({ code: refusal.code, message: refusal.message });
    expect(warn.mock.calls).toHaveLength(1);
    expect(reading).not.toHaveBeenCalled();

    mayRead.mockResolvedValue();
    await until(() => worker.progress.trouble === null, clock);
    expect(reading).toHaveBeenCalledOnce();
    await worker.stop();
  });
});

/** Waits for a condition; a clock of the test goes on by a second at a time meanwhile. */
async function until(holds: () => boolean, clock?: TestClock): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`this does not come true: ${holds}`);
    await clock?.advance(1000);
    await systemClock.sleep(20);
  }
}
