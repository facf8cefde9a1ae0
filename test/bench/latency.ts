import { EventHubProducerClient } from '@azure/event-hubs';
import { eventBody, regionOf } from './events.ts';
import { HUB } from './fill.ts';
import { startPostgres } from './postgres.ts';
import { load } from './process.ts';
import { below, quantile, type Result, told } from './result.ts';
import { freePort, type Scene } from './scene.ts';
import { workerEnvironment } from './worker-throughput.ts';

const PARTITIONS = 4;
const TICK_MS = 10;
/** Keeps a message below the hub's 1 MB where the machine was slow for a moment and much is due. */
const MOST_PER_SEND = 2_000;

/**
 * From the moment at which events are handed to Event Hubs until a client of the live feed sees them counted: worker
 * and API as processes of their own on PostgreSQL, events at a steady rate.
 */
export async function latency(scene: Scene, eventsPerSecond: number, seconds: number): Promise<readonly Result[]> {
  const { send, listen } = await scene.startBroker(HUB, PARTITIONS);
  const server = await startPostgres(scene.directory);
  const apiPort = await freePort();
  const environment = workerEnvironment(listen, await server.createDatabase());
  scene.spawn('cloud/dist/main.js', ['worker'], environment);
  scene.spawn('cloud/dist/main.js', ['api'], { ...environment, TASHIKA_CLOUD_API_PORT: String(apiPort) });
  const watch = new Watch();
  const feed = await openFeed(apiPort, watch);
  const producer = new EventHubProducerClient(send, HUB);
  try {
    // A few seconds first, so that every partition is owned and every path is warm.
    const next = await publishSteadily(producer, watch, eventsPerSecond, 5, 0);
    await watch.allSeen();
    watch.forget();
    await publishSteadily(producer, watch, eventsPerSecond, seconds, next);
    await watch.allSeen();
  } finally {
    await producer.close();
    feed.abort();
    await server.stop();
  }
  const name = `enqueue to visible by SSE at ${eventsPerSecond} events/s`;
  return [
    below(`${name}, p50`, quantile(watch.latencies, 0.5), 300, 'ms'),
    below(`${name}, p99`, quantile(watch.latencies, 0.99), 1_000, 'ms'),
    told('… load average of the machine beside it', load(), 'processes'),
  ];
}

/** Which messages of a region have been sent and when, and how many the feed has shown. */
class Watch {
  latencies: number[] = [];
  readonly #sent = new Map<string, number[]>();
  readonly #shown = new Map<string, number>();
  readonly #perWindow = new Map<string, number>();

  sent(region: string, at: number): void {
    const times = this.#sent.get(region);
    if (times) times.push(at);
    else this.#sent.set(region, [at]);
  }

  shows(windows: readonly { windowEnd: string; region: string; events: number }[]): void {
    const now = performance.now();
    for (const { windowEnd, region, events } of windows) {
      const key = `${windowEnd} ${region}`;
      const before = this.#shown.get(region) ?? 0;
      const after = before + events - (this.#perWindow.get(key) ?? 0);
      this.#perWindow.set(key, events);
      this.#shown.set(region, after);
      for (const at of this.#sent.get(region)?.slice(before, after) ?? []) this.latencies.push(now - at);
    }
  }

  forget(): void {
    this.latencies = [];
  }

  async allSeen(): Promise<void> {
    const missing = () => [...this.#sent].filter(([region, times]) => (this.#shown.get(region) ?? 0) < times.length);
    const end = performance.now() + 60_000;
    while (missing().length > 0) {
      if (performance.now() > end)
        throw new Error(`The feed never showed all of ${missing().map(([region]) => region)}.`);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }
}

async function openFeed(port: number, watch: Watch): Promise<AbortController> {
  const stop = new AbortController();
  const answer = await untilListening(`http://127.0.0.1:${port}/api/live`, stop.signal);
  void read(answer, watch).catch((error) => {
    if (!stop.signal.aborted) throw error;
  });
  return stop;
}

async function untilListening(url: string, signal: AbortSignal): Promise<Response> {
  const end = performance.now() + 60_000;
  for (;;) {
    try {
      return await fetch(url, { headers: { accept: 'text/event-stream' }, signal });
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function read(answer: Response, watch: Watch): Promise<void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of answer.body!) {
    text += decoder.decode(chunk, { stream: true });
    for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
      const data = /^data: ?(.*)$/m.exec(text.slice(0, end))?.[1];
      text = text.slice(end + 2);
      if (data) watch.shows(JSON.parse(data).windows ?? []);
    }
  }
}

/** Publishes what is due every few milliseconds, a batch a partition; answers the number of the next event. */
async function publishSteadily(
  producer: EventHubProducerClient,
  watch: Watch,
  perSecond: number,
  seconds: number,
  first: number,
): Promise<number> {
  const start = performance.now();
  const total = perSecond * seconds;
  const sent: Promise<void>[] = [];
  for (let n = 0; n < total; ) {
    const due = Math.min(total, n + MOST_PER_SEND, Math.floor(((performance.now() - start) / 1_000) * perSecond));
    const perPartition = Array.from({ length: PARTITIONS }, (): { body: Buffer }[] => []);
    for (; n < due; n++) {
      watch.sent(regionOf(first + n), performance.now());
      perPartition[n % PARTITIONS]!.push({ body: eventBody(first + n, Date.now()) });
    }
    for (const [partition, events] of perPartition.entries())
      if (events.length > 0) sent.push(producer.sendBatch(events, { partitionId: String(partition) }));
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(sent);
  return first + total;
}
