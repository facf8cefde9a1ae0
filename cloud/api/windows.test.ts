import { TestClock } from '@tashika/shared/time';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addValues, WindowDeltas } from '../windows/index.ts';
import type { Problem, WindowList, WindowValues } from './shapes.ts';
import { type OpenApi, openApi } from './testing/open.ts';
import { commitWindows, setPartition } from './testing/seed.ts';

let api: OpenApi;

beforeAll(async () => {
  api = await openApi({ clock: new TestClock(Date.UTC(2026, 0, 31, 12, 0, 30)) });
  await setPartition(api.store, { watermark: '2026-01-31T11:59:30Z' });
  await commitWindows(
    api.store,
    { windowEnd: '2026-01-31T09:00:00Z', readings: 7 },
    { windowEnd: '2026-01-31T11:00:00Z', region: '01', revision: 2, late: 3, readings: 40, events: 4 },
    { windowEnd: '2026-01-31T11:59:00Z' },
    { windowEnd: '2026-01-31T12:01:00Z', region: '47' },
    { windowEnd: '2026-01-31T12:01:00Z' },
  );
  const deltas = new WindowDeltas();
  for (const value of [1, 2, 3.5]) {
    const time = Date.UTC(2026, 0, 31, 11, 59);
    deltas.addReading(time, '13', { name: 'gpio/temp', unit: 'Cel', value, time }, false);
  }
  await api.store.transaction((transaction) => addValues(transaction, deltas.sorted()));
});

afterAll(() => api.close());

async function windows(query: string): Promise<WindowList> {
  const answer = await api.app.inject(`/api/windows${query}`);
  expect([answer.statusCode, answer.body]).toEqual([200, expect.any(String)]);
  return answer.json();
}

async function ends(query: string): Promise<string[]> {
  return (await windows(query)).windows.map(({ windowEnd, region }) => `${windowEnd.slice(11, 16)} ${region}`);
}

describe('the windows', () => {
  it('are those of the last two hours and the open ones, in order, with the watermark', async () => {
    expect(await windows('')).toEqual({
      watermark: '2026-01-31T11:59:30.000Z',
      next: null,
      windows: [
        {
          windowEnd: '2026-01-31T11:00:00.000Z',
          region: '01',
          readings: 40,
          events: 4,
          late: 3,
          state: 'revised',
          revision: 2,
        },
        { ...ONE, windowEnd: '2026-01-31T11:59:00.000Z', region: '13', state: 'final' },
        { ...ONE, windowEnd: '2026-01-31T12:01:00.000Z', region: '13', state: 'provisional' },
        { ...ONE, windowEnd: '2026-01-31T12:01:00.000Z', region: '47', state: 'provisional' },
      ],
    });
  });

  it('may be asked for from and to an end, both inclusive, in ISO 8601 or Unix ms', async () => {
    expect(await ends('?from=2026-01-31T09:00:00Z&to=2026-01-31T11:00:00Z')).toEqual(['09:00 13', '11:00 01']);
    expect(await ends('?from=2026-01-31T20:00:00%2B09:00&to=2026-01-31T20:00:00%2B09:00')).toEqual(['11:00 01']);
    expect(await ends(`?from=0&to=${Date.UTC(2026, 0, 31, 9)}`)).toEqual(['09:00 13']);
  });

  it('reach two hours back from the end asked for', async () => {
    expect(await ends('?to=2026-01-31T11:00:00Z')).toEqual(['09:00 13', '11:00 01']);
    expect(await ends('?to=1970-01-01T00:00:30Z')).toEqual([]);
  });

  it.each(['47', 'JP-47', '沖縄県', '沖縄', 'okinawa'])(
    'may be those of one region, by any spelling: %s',
    async (name) => {
      expect(await ends(`?region=${encodeURIComponent(name)}`)).toEqual(['12:01 47']);
    },
  );

  it.each([
    ['region=Atlantis', 'region', /prefecture.*"Atlantis"/],
    ['region=', 'region', /prefecture/],
    ['region=13&region=14', 'region', /must be string/],
    ['from=yesterday', 'from', /ISO 8601.*"yesterday"/],
    ['to=2026-02-30T00:00:00Z', 'to', /ISO 8601/],
    ['from=2026-01-31T12:00:00Z&to=2026-01-31T11:00:00Z', 'to', /before from/],
    ['form=0', 'form', /no parameter form/],
    ['after=2026-01-31T12:00:00.000Z', 'after', /pattern/],
    ['after=2026-02-30T12:00:00.000Z_13', 'after', /`next` of the page before/],
    ['limit=0', 'limit', />= 1/],
    ['limit=10001', 'limit', /<= 10000/],
  ])('are refused for ?%s, and the answer names the parameter', async (query, parameter, detail) => {
    const answer = await api.app.inject(`/api/windows?${query}`);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.json<Problem>()).toEqual({
      type: 'urn:tashika:error:BAD_REQUEST',
      title: 'Bad request',
      status: 400,
      detail: expect.stringMatching(detail),
      code: 'BAD_REQUEST',
      parameter,
    });
    expect(answer.statusCode).toBe(400);
  });

  it('come in pages, each of which says where the next one begins', async () => {
    const pages: string[][] = [];
    let next: string | null = '';
    while (next !== null) {
      const after: string = next && `&after=${encodeURIComponent(next)}`;
      const page: WindowList = await windows(`?from=0&limit=2${after}`);
      pages.push(page.windows.map(({ windowEnd, region }) => `${windowEnd.slice(11, 16)} ${region}`));
      next = page.next;
    }
    expect(pages).toEqual([['09:00 13', '11:00 01'], ['11:59 13', '12:01 13'], ['12:01 47']]);
    expect((await windows('?from=0&limit=5')).next).toBeNull();
  });

  it('come in pages of a region too, by 2,000 if nothing is said', async () => {
    await api.store.query(
      `INSERT INTO window_region
       SELECT '2020-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', region, 1, 1, 0, 0, 1
         FROM generate_series(1, 2001) n, unnest(ARRAY['12', '13']) region`,
    );
    const query = '?from=2020-01-01&to=2020-02-01&region=13';
    const { windows: first, next } = await windows(query);
    expect([first.length, next]).toEqual([2000, '2020-01-02T09:20:00.000Z_13']);
    expect(await ends(`${query}&after=${next}`)).toEqual(['09:21 13']);
  });
});

const ONE = { readings: 1, events: 1, late: 0, revision: 0 };

describe("a window's values", () => {
  it('are told by sensor', async () => {
    const url = '/api/windows/values?region=Tokyo&windowEnd=2026-01-31T11:59:00Z';
    const answer = await api.app.inject(url);
    expect(answer.json()).toEqual({
      windowEnd: '2026-01-31T11:59:00.000Z',
      region: '13',
      values: [
        {
          sensor: 'gpio/temp',
          unit: 'Cel',
          count: 3,
          sum: 6.5,
          min: 1,
          max: 3.5,
          percentiles: { p50: about(2), p90: about(2), p95: about(2), p99: about(2) },
        },
      ],
    });
  });

  it('have no sum where it has grown beyond what a float holds', async () => {
    await api.store.query(
      `INSERT INTO window_value VALUES ('2026-01-31T11:58:00Z', '13', 'a', '', 2, 'Infinity', 1e308, 1.7e308)`,
    );
    const url = '/api/windows/values?region=Tokyo&windowEnd=2026-01-31T11:58:00Z';
    const answer = await api.app.inject(url);
    expect(answer.json<WindowValues>().values).toEqual([
      { sensor: 'a', unit: '', count: 2, sum: null, min: 1e308, max: 1.7e308, percentiles: null },
    ]);
  });

  it('are told in SQL by a view, with the state of the window and no infinity', async () => {
    await commitWindows(api.store, { windowEnd: '2026-01-31T11:58:00Z' });
    const row = { region: '13', state: 'final' };
    expect(
      await api.store.query(
        'SELECT region, sensor, unit, count, sum, mean, min, max, state FROM window_values ORDER BY window_end',
      ),
    ).toEqual([
      { ...row, sensor: 'a', unit: '', count: 2, sum: null, mean: null, min: 1e308, max: 1.7e308 },
      { ...row, sensor: 'gpio/temp', unit: 'Cel', count: 3, sum: 6.5, mean: 6.5 / 3, min: 1, max: 3.5 },
    ]);
  });

  it('need a window and a region', async () => {
    const answer = await api.app.inject('/api/windows/values?region=13');
    expect(answer.json()).toMatchObject({ status: 400, parameter: 'windowEnd', detail: 'windowEnd is required.' });
  });
});

/** A percentile: within 1%. */
function about(value: number): unknown {
  return expect.closeTo(value, -Math.log10(2 * 0.01 * value));
}
