import { loadConfiguration } from '@tashika/shared/config';
import { TashikaError } from '@tashika/shared/errors';
import { systemClock, TestClock } from '@tashika/shared/time';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cloudRules, cloudSchema } from './config/index.ts';
import { HubInspector, HubReader } from './ingest/index.ts';
import type { Store } from './store/index.ts';
import { openMemoryStore } from './store/testing/memory-store.ts';
import { startWorker, type Worker } from './worker.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const keyed = (key: string, host = '127.0.0.1:1') =>
  `Endpoint=sb://${host};SharedAccessKeyName=listen;SharedAccessKey=${key};UseDevelopmentEmulator=true`;

const configuration = loadConfiguration({
  schema: cloudSchema,
  prefix: 'TASHIKA_CLOUD',
  env: {},
  overrides: { eventHubs: { connectionString: keyed('first') }, store: { url: 'pglite:memory' } },
  rules: cloudRules,
});

describe('a worker whose key changes', () => {
  const refusal = new TashikaError('EVENT_HUBS_UNAUTHORIZED', 'the key is refused');
  const clock = new TestClock(Date.UTC(2026, 0, 1));
  let store: Store;
  let worker: Worker;
  let started: HubReader[];
  let closed: HubReader[];
  let refusals: number;

  beforeAll(async () => {
    store = await openMemoryStore({ logger });
  });
  afterAll(() => store.close());

  beforeEach(async () => {
    started = [];
    closed = [];
    refusals = 0;
    vi.spyOn(HubInspector.prototype, 'hub').mockResolvedValue({ createdAt: 1, partitionIds: ['0'] });
    vi.spyOn(HubInspector.prototype, 'mayRead').mockResolvedValue();
    vi.spyOn(HubInspector.prototype, 'partitions').mockResolvedValue(new Map());
    vi.spyOn(HubReader.prototype, 'start').mockImplementation(function (this: HubReader) {
      started.push(this);
    });
    vi.spyOn(HubReader.prototype, 'close').mockImplementation(async function (this: HubReader) {
      closed.push(this);
    });
    worker = await startWorker(configuration, { store, clock, logger, keyRefused: () => refusals++ });
    await until(() => started.length === 1);
  });
  afterEach(async () => {
    await worker.stop();
    vi.restoreAllMocks();
  });

  it('tries the new key first, then ends the former reader and starts another', async () => {
    const changed = worker.changeKey(keyed('second'));
    await until(() => started.length === 2);
    await changed;
    expect(closed).toEqual([started[0]]);
  });

  it('reads on with the former key when the new one is refused', async () => {
    vi.mocked(HubInspector.prototype.mayRead).mockRejectedValueOnce(refusal);
    const outcome = worker.changeKey(keyed('wrong')).catch((error: unknown) => error);
    let ended = false;
    void outcome.then(() => {
      ended = true;
    });
    await until(() => ended);
    expect(await outcome).toBe(refusal);
    expect([started.length, closed.length, refusals]).toEqual([1, 0, 0]);
    expect(worker.progress.trouble).toBeNull();
  });

  it('does not go over to another namespace, where its positions mean nothing', async () => {
    const outcome = worker.changeKey(keyed('second', 'other.example')).catch((error: unknown) => error);
    let ended = false;
    void outcome.then(() => {
      ended = true;
    });
    await until(() => ended);
    expect(await outcome).toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/is for the namespace other\.example, and 127\.0\.0\.1:1 is being read/),
    });
    expect(started).toHaveLength(1);
  });

  it('says when the hub refuses the key in use, so that a newer one is looked for', async () => {
    vi.mocked(HubInspector.prototype.hub).mockRejectedValueOnce(refusal);
    await until(() => refusals === 1);
  });

  it('takes a key that works while the one in use does not', async () => {
    vi.mocked(HubInspector.prototype.hub).mockRejectedValue(refusal);
    await until(() => worker.progress.trouble !== null);
    vi.mocked(HubInspector.prototype.hub).mockResolvedValue({ createdAt: 1, partitionIds: ['0'] });
    const changed = worker.changeKey(keyed('second'));
    await until(() => started.length === 2 && worker.progress.trouble === null);
    await changed;
  });

  it('leaves no connection behind when it stops while a key is tried', async () => {
    const asked = new Set<HubInspector>();
    const left = new Set<HubInspector>();
    let answer: (() => void) | undefined;
    vi.mocked(HubInspector.prototype.hub).mockImplementation(async function (this: HubInspector) {
      asked.add(this);
      left.add(this);
      if (asked.size === 2 && !answer)
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
      return { createdAt: 1, partitionIds: ['0'] };
    });
    vi.spyOn(HubInspector.prototype, 'close').mockImplementation(async function (this: HubInspector) {
      left.delete(this);
    });
    await until(() => asked.size === 1);
    const changed = worker.changeKey(keyed('second'));
    await until(() => answer !== undefined);
    const stopping = worker.stop();
    await clock.advance(0);
    answer!();
    await Promise.all([changed, stopping]);
    expect([asked.size, left.size]).toEqual([2, 0]);
  });

  /** Waits for a condition; the test's clock goes on by a second at a time meanwhile. */
  async function until(holds: () => boolean): Promise<void> {
    const deadline = performance.now() + 15_000;
    while (!holds()) {
      if (performance.now() > deadline) throw new Error(`this does not come true: ${holds}`);
      await clock.advance(1000);
      await systemClock.sleep(5);
    }
  }
});
