// The first hours of a long outage were missing after it: open-telemetry/opentelemetry-collector-contrib #48635.
import { seededChance } from '@tashika/shared/chance';
import { expect, it } from 'vitest';
import { expectedOf, ScriptedDevice, SEED, type SentEvent, startCluster, until } from '../rig/index.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const READINGS_PER_POST = 60;
const POSTS_AT_ONCE = 24;

it('revises the windows of a day that a device replays, and holds the live ones back nowhere', async () => {
  const cluster = await startCluster({ partitions: 2 });
  const chance = seededChance(SEED, 'replay');
  const [replaying, neighbour] = [new ScriptedDevice(1), new ScriptedDevice(48)];
  expect(replaying.region).toBe(neighbour.region);
  const live = [new ScriptedDevice(2), new ScriptedDevice(3)];
  const today = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS - 2 * MINUTE_MS;

  // The neighbour was heard all day long, and the day is final.
  const heard = postsOf(neighbour, () => 0, today, MINUTE_MS);
  await cluster.send(heard);
  cluster.startWorker();
  await cluster.settled();
  const before = await until('the day to be final', async () => {
    const windows = await cluster.api.windows('?from=0');
    return windows.every(({ state }) => state !== 'provisional') && windows;
  });

  const sent: SentEvent[] = [...heard];
  const spool = postsOf(replaying, () => (chance.happens(0.5) ? 1 : 0), today, MINUTE_MS / 6);
  for (let next = 0; next < spool.length; next += POSTS_AT_ONCE) {
    const posts = spool.slice(next, next + POSTS_AT_ONCE);
    const again = posts.filter(() => chance.happens(0.1));
    const now = Date.now();
    const livePosts = live.map((device, partition) => device.post(partition, [now]));
    const events = [...posts.slice(0, POSTS_AT_ONCE / 2), ...livePosts, ...posts.slice(POSTS_AT_ONCE / 2), ...again];
    await cluster.send(events);
    sent.push(...events);
    await cluster.settled();
    const [row] = await cluster.query<{ watermark: Date }>('SELECT watermark FROM watermark');
    expect(row!.watermark.getTime()).toBeGreaterThanOrEqual(now);
  }

  await cluster.assertExact(expectedOf(sent));
  const windows = await cluster.api.windows('?from=0');
  const ofTheDay = windows.filter(({ windowEnd }) => Date.parse(windowEnd) <= today);
  expect(ofTheDay.map(({ windowEnd }) => windowEnd)).toEqual(before.map(({ windowEnd }) => windowEnd));
  for (const [index, { readings, late, revision, state }] of ofTheDay.entries()) {
    const was = before[index]!;
    expect({ readings, late, state }).toEqual({ readings: was.readings + 6, late: was.late + 6, state: 'revised' });
    expect(revision).toBeGreaterThan(was.revision);
  }
  const ofNow = windows.filter(({ windowEnd }) => Date.parse(windowEnd) > today);
  expect(ofNow.filter(({ late, revision }) => late > 0 || revision > 0)).toEqual([]);
});

/** A day of a device, a reading every `everyMs` until `newest`, the oldest first. */
function postsOf(device: ScriptedDevice, partition: () => number, newest: number, everyMs: number): SentEvent[] {
  const posts: SentEvent[] = [];
  for (let taken = newest - DAY_MS; taken < newest; taken += READINGS_PER_POST * everyMs) {
    const times = Array.from({ length: READINGS_PER_POST }, (_, index) => taken + (index + 1) * everyMs);
    posts.push(device.post(partition(), times));
  }
  return posts;
}
