import { join } from 'node:path';
import { startFunnel } from '@tashika/deploy/local/funnel';
import { REGIONS } from '@tashika/shared/regions';
import { Pool } from 'undici';
import { quantile, type Result, told } from './result.ts';
import { freePort, type Scene } from './scene.ts';

const HUB = 'telemetry';
const TICK_MS = 10;

/**
 * From a device's post to the dashboard: messages are posted to Funnel at a steady rate, and a client of the live feed
 * notes when each region's count has reached each of them.
 */
export async function latency(scene: Scene, eventsPerSecond: number, seconds: number): Promise<readonly Result[]> {
  const { send, listen } = await scene.startBroker(HUB, 4);
  const apiPort = await freePort();
  scene.spawn('cloud/dist/main.js', ['all'], {
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING: listen,
    TASHIKA_CLOUD_EVENT_HUBS_HUB: HUB,
    TASHIKA_CLOUD_STORE_URL: `pglite:${join(scene.directory, 'store')}`,
    TASHIKA_CLOUD_API_PORT: String(apiPort),
    TASHIKA_CLOUD_LOG_LEVEL: 'warn',
  });
  const funnel = await startFunnel({ connectionString: send, hub: HUB, httpPort: 0, port: 0 });
  const watch = new Watch();
  const feed = await openFeed(apiPort, watch);
  const devices = new Pool(`http://127.0.0.1:${funnel.httpPort}`, { connections: 64 });

  // A few seconds first, so that every partition is owned and every path is warm.
  await postSteadily(devices, watch, eventsPerSecond, 3);
  await watch.allSeen();
  watch.forget();
  await postSteadily(devices, watch, eventsPerSecond, seconds);
  await watch.allSeen();

  await devices.close();
  feed.abort();
  await funnel.stop();
  return [
    told(`post to dashboard at ${eventsPerSecond} events/s, p50`, quantile(watch.latencies, 0.5), 'ms'),
    told(`post to dashboard at ${eventsPerSecond} events/s, p99`, quantile(watch.latencies, 0.99), 'ms'),
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

  shows(windows: readonly { windowEnd: string; region: string; readings: number }[]): void {
    const now = performance.now();
    for (const { windowEnd, region, readings } of windows) {
      const key = `${windowEnd} ${region}`;
      const before = this.#shown.get(region) ?? 0;
      const after = before + readings - (this.#perWindow.get(key) ?? 0);
      this.#perWindow.set(key, readings);
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

async function postSteadily(devices: Pool, watch: Watch, perSecond: number, seconds: number): Promise<void> {
  const start = performance.now();
  const total = perSecond * seconds;
  const answers: Promise<void>[] = [];
  for (let n = 0; n < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - start) / 1_000) * perSecond));
    for (; n < due; n++) answers.push(postOne(devices, watch, REGIONS[n % REGIONS.length]!.code));
    await new Promise((resolve) => setTimeout(resolve, TICK_MS));
  }
  await Promise.all(answers);
}

async function postOne(devices: Pool, watch: Watch, pref: string): Promise<void> {
  watch.sent(pref, performance.now());
  const answer = await devices.request({
    path: '/',
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pref }),
  });
  await answer.body.dump();
  if (answer.statusCode !== 204) throw new Error(`Funnel answered ${answer.statusCode}.`);
}
