import { expect } from 'vitest';
import type { CloudApi, WindowCount } from './cloud-api.ts';
import type { Expected } from './traffic.ts';
import { WindowSums } from './window-sums.ts';

/** Most differences that a failure shows. */
const MOST_SHOWN = 10;

/** What the cloud has counted, beside what its API answers. */
export interface Counted {
  readonly api: CloudApi;
  /** Sums of the sensor's values per (window, region), as the store has them. */
  readonly values: WindowSums;
  readonly deadLetters: Readonly<Record<string, number>>;
}

/**
 * Asserts the promise: per (window, region) the readings, the posts and the sums of the values are those that were
 * sent, every stream has its numbers and no others, what came again was not counted, and nothing was set aside beyond
 * `deadLetters`.
 *
 * @param story what to say with a difference, such as the seed
 */
export async function assertCounted(
  { api, values, deadLetters }: Counted,
  expected: Expected,
  story: string,
): Promise<void> {
  const windows = await api.windows('?from=0');
  expect(differences(WindowSums.of(windows), expected.windows), `readings per window, ${story}`).toEqual([]);
  expect(differences(values, expected.values), `values per window, ${story}`).toEqual([]);
  expect(postsIn(windows), `posts, ${story}`).toBe(expected.posts);
  expect(differences(await streamsOf(api), expected.streams), `streams, ${story}`).toEqual([]);
  const totals = {
    events: await api.metric('tashika_events_total'),
    readings: await api.metric('tashika_readings_total'),
    duplicates: await api.metric('tashika_duplicate_readings_total'),
    deadLetters: (await api.deadLetters()).counts,
  };
  const { events, readings, duplicates } = expected;
  expect(totals, story).toEqual({ events, readings, duplicates, deadLetters });
}

function postsIn(windows: readonly WindowCount[]): number {
  return windows.reduce((sum, { events }) => sum + events, 0);
}

async function streamsOf(api: CloudApi): Promise<Map<string, object>> {
  const figures = new Map<string, object>();
  for (const { imsi, streams } of await api.devices())
    for (const { stream, received, through, missing } of streams)
      figures.set(`${imsi}/${stream}`, { received, through, missing });
  return figures;
}

type Figures = ReadonlyMap<string, unknown> | WindowSums;

/** Where two sets of figures differ: the first few, each in a line. */
function differences(found: Figures, expected: Figures): string[] {
  const [is, should] = [textsOf(found), textsOf(expected)];
  const keys = [...new Set([...should.keys(), ...is.keys()])];
  const lines = keys
    .filter((key) => is.get(key) !== should.get(key))
    .map((key) => `${key}: ${is.get(key)}, expected ${should.get(key)}`);
  if (lines.length <= MOST_SHOWN) return lines;
  return [...lines.slice(0, MOST_SHOWN), `and ${lines.length - MOST_SHOWN} more of ${keys.length}`];
}

function textsOf(figures: Figures): Map<string, string> {
  const entries = figures instanceof WindowSums ? Object.entries(figures.toJSON()) : [...figures];
  return new Map(entries.map(([key, value]) => [key, JSON.stringify(value)]));
}
