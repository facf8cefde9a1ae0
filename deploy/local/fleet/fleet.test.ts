import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { decodePayload } from '@tashika/shared/telemetry';
import { systemClock } from '@tashika/shared/time';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { smallDisk } from '../line-file/testing/small-disk.ts';
import { bySourceAddress, simOf } from '../sims/index.ts';
import { type FleetOptions, placesOf, STEADY_HABITS, startFleet } from './index.ts';

/** A receiver in Funnel's place that keeps the first copy of every reading, by the sequence number. */
class Receiver {
  readonly readings = new Map<string, { region: string; time: number }>();
  posts = 0;
  readonly bodies: string[] = [];
  readonly #server: Server;
  readonly #cutAll: () => void;

  constructor(answer: (post: number) => number) {
    this.#server = createServer();
    const { sourceOf, cutAll } = bySourceAddress(this.#server, systemClock);
    this.#cutAll = cutAll;
    this.#server.on('request', async (request, response) => {
      const at = Date.now();
      const body = await text(request);
      this.posts += 1;
      this.bodies.push(body);
      const status = answer(this.posts);
      if (status === 204 || status === 599) this.#keep(simOf(sourceOf(request))!.imsi, body, at);
      if (status === 599) return void response.destroy(); // taken, and the answer lost
      response.writeHead(status).end();
    });
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  close(): void {
    this.#server.close();
    this.#cutAll();
  }

  #keep(imsi: string, body: string, at: number): void {
    const decoded = decodePayload(JSON.parse(body), at);
    if (!decoded.ok) throw new Error(`${decoded.reason}: ${decoded.detail}`);
    const { stream, seq, region, readings } = decoded.value;
    for (const [index, { time }] of readings.entries()) {
      const key = `${imsi}/${stream}/${seq + index}`;
      if (!this.readings.has(key)) this.readings.set(key, { region, time });
    }
  }

  counted(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { region, time } of this.readings.values()) {
      const key = `${Math.ceil(time / 60_000) * 60_000}/${region}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    return counts;
  }

  /** The highest sequence number of each stream, and how many readings it has: equal where there is no gap. */
  streams(): { through: number; readings: number }[] {
    const streams = new Map<string, { through: number; readings: number }>();
    for (const key of this.readings.keys()) {
      const [imsi, stream, seq] = key.split('/');
      const seen = streams.get(`${imsi}/${stream}`) ?? { through: 0, readings: 0 };
      seen.through = Math.max(seen.through, Number(seq));
      seen.readings += 1;
      streams.set(`${imsi}/${stream}`, seen);
    }
    return [...streams.values()];
  }
}

describe('a fleet', () => {
  let directory: string;
  let receiver: Receiver;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tashika-fleet-'));
  });

  afterEach(() => {
    receiver.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function fleet(answer: (post: number) => number, options: Partial<FleetOptions>) {
    receiver = new Receiver(answer);
    return startFleet({
      devices: 20,
      funnelUrl: await receiver.listen(),
      intervalMs: 10,
      postsPerDevice: 5,
      retryMs: 5,
      dataDirectory: directory,
      ...options,
    });
  }

  it("keeps an account that equals what was received, whatever the link's answers", async () => {
    const answers = [204, 503, 204, 599, 400, 204];
    const running = await fleet((post) => answers[post % answers.length]!, {
      habits: { duplicateRate: 0.2, uncertainShare: 0.3, relativeShare: 0, nightActivity: 1 },
    });
    await running.finished;
    expect(await running.stop()).toBe(0);
    expect(new Map(running.taken().map((each) => [`${each.windowEnd}/${each.region}`, each.readings]))).toEqual(
      receiver.counted(),
    );
    expect(receiver.posts).toBeGreaterThan(100);
    expect(receiver.streams()).toHaveLength(20);
    expect(receiver.streams().every(({ through, readings }) => through === readings)).toBe(true);
  });

  it('sends the same bytes again until they are taken', async () => {
    const running = await fleet((post) => (post < 4 ? 503 : 204), {
      devices: 1,
      postsPerDevice: 1,
      habits: STEADY_HABITS,
    });
    await running.finished;
    await running.stop();
    expect(receiver.bodies).toHaveLength(4);
    expect(new Set(receiver.bodies).size).toBe(1);
  });

  it('sends ages that grow with each try where the clock is not trusted', async () => {
    const running = await fleet((post) => (post < 3 ? 503 : 204), {
      devices: 1,
      postsPerDevice: 1,
      habits: { ...STEADY_HABITS, relativeShare: 1 },
    });
    await running.finished;
    await running.stop();
    const ages = receiver.bodies.map((body) => JSON.parse(body).pack[0].bt as number);
    expect(ages.every((age) => age <= 0 && age > -60)).toBe(true);
    expect(ages[2]!).toBeLessThan(ages[0]!);
    expect(JSON.parse(receiver.bodies[0]!).clock).toBe('relative');
  });

  it('goes on with the next number of the same streams, and with what it could not post', async () => {
    const first = await fleet(() => 503, { habits: STEADY_HABITS, devices: 3 });
    while (first.taken().reduce((sum, { posts }) => sum + posts, 0) < 15)
      await new Promise((resolve) => setTimeout(resolve, 10));
    const held = await first.stop(0);
    expect(held).toBe(first.taken().reduce((sum, { readings }) => sum + readings, 0));
    receiver.close();

    const second = await fleet(() => 204, { habits: STEADY_HABITS, devices: 3 });
    await second.finished;
    expect(await second.stop()).toBe(0);
    expect(receiver.streams()).toHaveLength(3);
    expect(receiver.streams().every(({ through, readings }) => through === readings)).toBe(true);
    expect(receiver.readings.size).toBe(held + second.taken().reduce((sum, { readings }) => sum + readings, 0));
  });

  it('measures nothing while its journal cannot be written, and goes on when it can', async () => {
    const disk = smallDisk();
    onTestFinished(() => disk.remove());
    const writes = { failed: 0, done: 0 };
    const options = { habits: STEADY_HABITS, devices: 3, postsPerDevice: 200, dataDirectory: disk.directory };
    const running = await fleet(() => 204, {
      ...options,
      onWrite: (failure) => {
        writes[failure === undefined ? 'done' : 'failed'] += 1;
      },
    });
    const until = async (condition: () => boolean) => {
      while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => writes.done >= 10);
    disk.fill();
    await until(() => writes.failed >= 10);
    disk.free();
    await running.finished;
    expect(await running.stop()).toBe(0);
    expect(writes.done).toBe(600);
    expect(receiver.streams().map(({ through, readings }) => through === readings)).toEqual([true, true, true]);
    expect(receiver.readings.size).toBe(running.taken().reduce((sum, { readings }) => sum + readings, 0));
  });

  it('says what it still holds when nothing is taken', async () => {
    const running = await fleet(() => 503, { habits: STEADY_HABITS, devices: 2, postsPerDevice: 1 });
    while (receiver.posts < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await running.stop(50)).toBe(running.held());
    expect(running.held()).toBeGreaterThan(0);
  });

  it('refuses to be larger than there are SIM addresses', async () => {
    receiver = new Receiver(() => 204);
    await expect(startFleet({ devices: 1_000_000, funnelUrl: 'http://127.0.0.1:1/' })).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

describe('the places of a fleet', () => {
  it('are all prefectures, the populous ones more often, and stay as the fleet grows', () => {
    const places = placesOf(188);
    expect(new Set(places).size).toBe(47);
    const inPlace = (code: string) => places.filter((place) => place === code).length;
    expect(inPlace('13')).toBeGreaterThan(inPlace('27'));
    expect(inPlace('27')).toBeGreaterThan(inPlace('31'));
    expect(placesOf(60)).toEqual(places.slice(0, 60));
  });
});
