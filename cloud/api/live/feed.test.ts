import { once } from 'node:events';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Store } from '../../store/index.ts';
import { listen } from '../listen.ts';
import type { LiveMessage, Problem } from '../shapes.ts';
import { LiveClient } from '../testing/live-client.ts';
import { type OpenApi, openApi, openApiOver } from '../testing/open.ts';
import { addDeadLetter, addDevice, commitWindows, setPartition } from '../testing/seed.ts';
import { type Follower, LiveFeed } from './feed.ts';

const MINUTE_MS = 60_000;
const logger = pino({ level: 'silent' });

let api: OpenApi;
let url: string;
const clients: LiveClient[] = [];

beforeAll(async () => {
  api = await openApi();
  url = await listen(api.app, { host: '127.0.0.1', port: 0 });
});

beforeEach(() => api.store.script('TRUNCATE window_region, partition, device, dead_letter, windowing'));

afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

afterAll(() => api.close());

async function follow(options: { lastEventId?: string; paused?: boolean } = {}): Promise<LiveClient> {
  const client = await LiveClient.open(url, options);
  clients.push(client);
  return client;
}

const thisMinute = Math.ceil(Date.now() / MINUTE_MS) * MINUTE_MS;

/** The end of the minute that is `minutes` from the one in which the test began. */
function end(minutes: number): string {
  return new Date(thisMinute + minutes * MINUTE_MS).toISOString();
}

describe('a live client', () => {
  it('gets a snapshot: the figures, the recent windows and the open ones', async () => {
    await setPartition(api.store, { watermark: end(-3), events: 10, readings: 30, duplicates: 2, late: 1 });
    const change = await commitWindows(
      api.store,
      { windowEnd: end(-60) },
      { windowEnd: end(-4), revision: 1, late: 1 },
      { windowEnd: end(-2), region: '01', readings: 5 },
      { windowEnd: end(4), region: '47' },
    );
    await addDevice(api.store, { imsi: '1', lastSeen: new Date().toISOString() });
    await addDevice(api.store, { imsi: '2', lastSeen: end(-10) });
    await addDeadLetter(api.store, { sequenceNumber: 1 });
    await addDeadLetter(api.store, { sequenceNumber: 2, redriven: true });

    const client = await follow();
    expect(client.response.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const { event, id, data } = await client.next();
    expect([event, id, data.id, data.watermark]).toEqual(['snapshot', String(change), String(change), end(-3)]);
    expect(data.windows.map((window) => [window.windowEnd, window.region, window.state])).toEqual([
      [end(-4), '13', 'revised'],
      [end(-2), '01', 'provisional'],
      [end(4), '47', 'provisional'],
    ]);
    // Devices and dead letters are counted once a second.
    const counted = await client.until((each) => each.data.figures.deadLetters > 0);
    expect(counted.data.figures).toEqual({
      eventsPerSecond: expect.any(Number),
      readingsPerSecond: expect.any(Number),
      watermarkDelayMs: Date.parse(counted.data.asOf) - Date.parse(end(-3)),
      late: 1,
      duplicates: 2,
      deadLetters: 1,
      devicesReporting: 1,
      devicesSilent: 1,
    });
  });

  it('then gets what each commit changed, and nothing else', async () => {
    await commitWindows(api.store, { windowEnd: end(0) }, { windowEnd: end(0), region: '01' });
    const client = await follow();
    await client.next();
    const id = await commitWindows(api.store, { windowEnd: end(0), readings: 2 });
    const delta = await client.until(({ data }) => data.windows.length > 0);
    expect([delta.event, delta.id]).toEqual(['delta', String(id)]);
    expect(delta.data.windows).toEqual([
      { windowEnd: end(0), region: '13', readings: 2, events: 1, late: 0, state: 'provisional', revision: 0 },
    ]);
  });

  it('gets the windows that the watermark has passed, though nothing changed them', async () => {
    await setPartition(api.store, { watermark: end(-3) });
    await commitWindows(api.store, { windowEnd: end(-2) }, { windowEnd: end(-1) });
    const client = await follow();
    await client.next();
    await setPartition(api.store, { watermark: end(-2) });
    const delta = await client.until(({ data }) => data.windows.length > 0);
    expect(delta.data.windows.map(({ windowEnd, state }) => [windowEnd, state])).toEqual([[end(-2), 'final']]);
  });

  it('is told of a window under the policy of Stream Analytics when the watermark is beyond its end', async () => {
    await api.store.query(`INSERT INTO windowing VALUES (true, 30000, 10000, 'stream-analytics')`);
    await setPartition(api.store, { watermark: end(-2) });
    await commitWindows(api.store, { windowEnd: end(-2) }, { windowEnd: end(-1) });
    const client = await follow();
    const { data } = await client.until(({ event }) => event === 'snapshot');
    expect(data).toMatchObject({
      watermark: end(-2),
      finalUntil: new Date(Date.parse(end(-2)) - 1).toISOString(),
      windowing: { lengthMs: 30_000, hopMs: 10_000, policy: 'stream-analytics' },
    });
    expect(data.windows.map(({ state }) => state)).toEqual(['provisional', 'provisional']);
    await setPartition(api.store, { watermark: new Date(Date.parse(end(-2)) + 1).toISOString() });
    const delta = await client.until((message) => message.data.windows.length > 0);
    expect(delta.data.windows.map(({ windowEnd, state }) => [windowEnd, state])).toEqual([[end(-2), 'final']]);
  });

  it('is told where things stand when the watermark begins or goes back', async () => {
    await commitWindows(api.store, { windowEnd: end(-1) });
    const client = await follow();
    await client.next();
    await setPartition(api.store, { watermark: end(0) });
    const begun = await client.until(({ event }) => event === 'snapshot');
    expect(begun.data.windows.map(({ state }) => state)).toEqual(['final']);
    await setPartition(api.store, { partition: '1', watermark: null });
    const back = await client.until(({ event }) => event === 'snapshot');
    expect(back.data.windows.map(({ state }) => state)).toEqual(['provisional']);
  });

  it('tells the rates of the last seconds', async () => {
    const client = await follow();
    await client.next();
    await setPartition(api.store, { events: 100, readings: 1_000 });
    const { data } = await client.until((event) => event.data.figures.eventsPerSecond > 0);
    expect(data.figures.readingsPerSecond / data.figures.eventsPerSecond).toBeCloseTo(10, 0);
  });
});

describe('a client that comes back', () => {
  it('gets what changed since the last event that it saw', async () => {
    await setPartition(api.store, { watermark: end(-3) });
    const gone = await follow();
    await gone.next();
    await commitWindows(api.store, { windowEnd: end(-2) }, { windowEnd: end(0) });
    const { id } = await gone.until(({ data }) => data.windows.length > 0);
    gone.close();
    await commitWindows(api.store, { windowEnd: end(0), region: '02' });
    await commitWindows(api.store, { windowEnd: end(0), region: '03' });
    await setPartition(api.store, { watermark: end(-2) });
    const client = await follow({ lastEventId: id });
    const { event, data } = await client.next();
    expect(event).toBe('delta');
    expect(data.windows.map(({ windowEnd, region, state }) => [windowEnd, region, state])).toEqual([
      [end(-2), '13', 'final'],
      [end(0), '02', 'provisional'],
      [end(0), '03', 'provisional'],
    ]);
  });

  it.each(['999', 'nonsense', '-1', '1e9'])('with an id of another store (%s) gets a snapshot', async (lastEventId) => {
    await commitWindows(api.store, { windowEnd: end(0) });
    const client = await follow({ lastEventId });
    expect((await client.next()).event).toBe('snapshot');
  });

  it('after the process began anew gets a snapshot where its id is from before', async () => {
    const before = await commitWindows(api.store, { windowEnd: end(0) });
    const begin = await commitWindows(api.store, { windowEnd: end(0) });
    const anew = await openApiOver(api.store);
    const client = await LiveClient.open(await listen(anew, { host: '127.0.0.1', port: 0 }), {
      lastEventId: String(before),
    });
    clients.push(client);
    expect([(await client.next()).event, (await client.next()).event]).toEqual(['snapshot', 'delta']);
    const other = await LiveClient.open(client.url, { lastEventId: String(begin) });
    clients.push(other);
    expect((await other.next()).event).toBe('snapshot'); // the watermark that it saw is not known
    const since = await commitWindows(api.store, { windowEnd: end(0), readings: 3 });
    await other.until(({ id }) => id === String(since));
    const again = await LiveClient.open(client.url, { lastEventId: String(since) });
    clients.push(again);
    expect((await again.next()).event).toBe('delta');
    await anew.close();
  });

  it('is told what turned final without a commit while the process was away', async () => {
    await setPartition(api.store, { watermark: end(-3) });
    const id = await commitWindows(api.store, { windowEnd: end(-1) });
    const gone = await follow();
    expect((await gone.next()).data.windows.map(({ state }) => state)).toEqual(['provisional']);
    gone.close();
    await setPartition(api.store, { watermark: end(-1) });
    const anew = await openApiOver(api.store);
    const url = await listen(anew, { host: '127.0.0.1', port: 0 });
    const client = await LiveClient.open(url, { lastEventId: String(id) });
    clients.push(client);
    const { data } = await client.next();
    expect(data.windows.map(({ windowEnd, state }) => [windowEnd, state])).toEqual([[end(-1), 'final']]);
    await anew.close();
  });
});

describe('the feed', () => {
  it('tells a hundred clients the same, with one reading of the store', async () => {
    const many = await Promise.all(Array.from({ length: 100 }, () => follow()));
    await Promise.all(many.map((client) => client.next()));
    const id = String(await commitWindows(api.store, { windowEnd: end(0), readings: 77 }));
    const told = await Promise.all(many.map((client) => client.until((event) => event.id === id)));
    expect(new Set(told.map(({ data }) => JSON.stringify(data))).size).toBe(1);
    expect(told[0]!.data.windows[0]!.readings).toBe(77);
  });

  it('says something at least every two seconds', async () => {
    const { clock, feed, follower } = await feedByHand();
    let { asOf } = await follower.next(clock);
    for (let n = 0; n < 5; n++) {
      await clock.advance(1_000);
      const next = await follower.next(clock);
      expect(Date.parse(next.asOf) - Date.parse(asOf)).toBeLessThanOrEqual(2_000);
      asOf = next.asOf;
    }
    await feed.stop();
  });

  it('says what many commits changed at most five times a second', async () => {
    const { clock, feed, follower } = await feedByHand();
    const began = await follower.next(clock);
    let id = 0;
    for (let n = 0; n < 100; n++) {
      id = await commitWindows(api.store, { windowEnd: end(0), readings: n });
      await clock.advance(20);
    }
    let events = 0;
    let last = began;
    while (last.id !== String(id)) {
      await clock.advance(200);
      last = await follower.next(clock);
      events++;
    }
    expect(events).toBeLessThanOrEqual((Date.parse(last.asOf) - Date.parse(began.asOf)) / 200);
    expect(last.windows.map(({ readings }) => readings)).toEqual([99]);
    await feed.stop();
  });

  it('counts devices and dead letters the less often the longer it takes, and tells the last count meanwhile', async () => {
    const clock = new LateClock(thisMinute);
    let counts = 0;
    const slow: Store = {
      ...api.store,
      async query<Row>(sql: string, parameters = []) {
        if (/FROM device/.test(sql)) {
          counts++;
          clock.late += 300;
        }
        return api.store.query<Row>(sql, parameters);
      },
    };
    await addDevice(api.store, { imsi: '1', lastSeen: end(0) });
    const feed = new LiveFeed({ store: slow, clock, logger, silentAfterMs: 300_000 });
    const follower = new Collector();
    await feed.start();
    feed.follow(follower);
    const began = clock.monotonic();
    while (clock.monotonic() - began < 30_000) {
      await clock.advance(1_000);
      expect((await follower.next(clock)).figures.devicesReporting).toBe(1);
    }
    expect(counts).toBeGreaterThan(2);
    expect(counts * 300).toBeLessThanOrEqual(30_000 / 20 + 600);
    await feed.stop();
  });

  it('lets go of a follower that could not take an event, and serves the others', async () => {
    const { clock, feed, follower } = await feedByHand();
    let offered = 0;
    feed.follow({ open: true, send: () => ++offered < 2, end() {} });
    for (let n = 0; n < 4; n++) {
      await follower.next(clock);
      await clock.advance(1_000);
    }
    expect([offered, feed.followers]).toEqual([2, 1]);
    await feed.stop();
  });

  it('ends its streams in good order when the API closes', async () => {
    const closing = await openApiOver(api.store);
    const client = await LiveClient.open(await listen(closing, { host: '127.0.0.1', port: 0 }));
    await client.next();
    const ended = once(client.response, 'end');
    await closing.close();
    await ended;
  });

  it('keeps its clients while the store is away', async () => {
    const away = await openApi();
    const client = await LiveClient.open(await listen(away.app, { host: '127.0.0.1', port: 0 }));
    await client.next();
    await away.store.close();
    const polled = await fetch(`${client.url}/api/live`, { headers: { accept: 'application/json' } });
    expect([polled.status, ((await polled.json()) as Problem).code]).toEqual([503, 'STORE_UNAVAILABLE']);
    expect(client.response.closed).toBe(false);
    client.close();
    await away.close();
  });
});

describe('the snapshot for those who poll', () => {
  const poll = (headers: Record<string, string> = {}) =>
    fetch(`${url}/api/live`, { headers: { accept: 'application/json', ...headers } });

  it('has an ETag, and is not sent again while nothing has changed', async () => {
    await commitWindows(api.store, { windowEnd: end(0) });
    const first = await poll();
    expect([first.status, ((await first.json()) as LiveMessage).windows.length]).toEqual([200, 1]);
    const etag = first.headers.get('etag')!;
    expect([(await poll({ 'if-none-match': etag })).status]).toEqual([304]);
    await commitWindows(api.store, { windowEnd: end(0), readings: 9 });
    const changed = await poll({ 'if-none-match': etag });
    expect([changed.status, ((await changed.json()) as LiveMessage).windows[0]?.readings]).toEqual([200, 9]);
  });
});

/** A feed whose clock the test moves, and one who follows it. */
async function feedByHand(): Promise<{ clock: TestClock; feed: LiveFeed; follower: Collector }> {
  const clock = new TestClock(thisMinute);
  const feed = new LiveFeed({ store: api.store, clock, logger, silentAfterMs: 300_000 });
  const follower = new Collector();
  await feed.start();
  feed.follow(follower);
  return { clock, feed, follower };
}

/** A clock on which work takes time. */
class LateClock extends TestClock {
  late = 0;

  override monotonic(): number {
    return super.monotonic() + this.late;
  }
}

class Collector implements Follower {
  readonly open = true;
  readonly #messages: LiveMessage[] = [];

  send(event: Buffer): boolean {
    const data = /^data: (.*)$/m.exec(event.toString())?.[1];
    if (data !== undefined) this.#messages.push(JSON.parse(data));
    return true;
  }

  end(): void {}

  /** The next message; time moves on only as far as it takes for what is due now. */
  async next(clock: TestClock): Promise<LiveMessage> {
    for (;;) {
      const message = this.#messages.shift();
      if (message) return message;
      await clock.advance(0);
    }
  }
}
