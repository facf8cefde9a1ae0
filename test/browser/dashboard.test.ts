import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { REGIONS } from '@tashika/shared/regions';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clearOfTheWindowsEnd, type Pipeline, startPipeline, until } from '../rig/index.ts';
import { executablePath, launch } from './chromium.ts';
import { expectAccessible, open } from './page.ts';
import { OWING, postThisMinute, postTwoHours, postWhatIsOwed } from './two-hours.ts';

const ARTEFACTS = fileURLToPath(new URL('artefacts/', import.meta.url));
const README_PICTURE = fileURLToPath(new URL('dashboard.png', import.meta.url));
const DESKTOP = { width: 1360, height: 900 };

interface Look {
  readonly name: string;
  readonly options: BrowserContextOptions;
}

const LOOKS: readonly Look[] = [
  { name: 'light-en', options: { colorScheme: 'light', locale: 'en-GB', viewport: DESKTOP } },
  { name: 'dark-en', options: { colorScheme: 'dark', locale: 'en-GB', viewport: DESKTOP } },
  { name: 'light-ja', options: { colorScheme: 'light', locale: 'ja-JP', viewport: DESKTOP } },
  { name: 'phone-ja', options: { colorScheme: 'light', locale: 'ja-JP', viewport: { width: 360, height: 780 } } },
  { name: 'phone-dark-en', options: { colorScheme: 'dark', locale: 'en-GB', viewport: { width: 360, height: 780 } } },
];

describe.skipIf(!executablePath)('the dashboard', () => {
  it('shows a message on its tile as it comes, looks right everywhere, and says when it is cut off', async () => {
    mkdirSync(ARTEFACTS, { recursive: true });
    const pipeline = await startPipeline({ beforeCloud: (funnel) => postTwoHours(funnel, Date.now()) });
    const browser = await launch();
    onTestFinished(() => browser.close());

    await aPostedMessageChangesItsTile(pipeline, browser);
    await theKeyboardWalksTheMap(pipeline, browser);
    // The one waits for a minute to become final; the other is given its answers.
    await Promise.all([
      aRegionTellsWhatItOwesAndWhatItsSensorsMeasured(pipeline, browser),
      standingPartitionsAreNamedAndLargeCountsFit(pipeline, browser),
    ]);
    for (const [round, look] of LOOKS.entries()) {
      await clearOfTheWindowsEnd(20_000);
      await postThisMinute(pipeline.funnel, 1 + round);
      await itLooksRight(pipeline, browser, look);
    }
    await aLostConnectionSaysSoAndComesBack(pipeline, browser);
  });
});

async function post(pipeline: Pipeline, pref: string): Promise<void> {
  const answer = await request(`http://127.0.0.1:${pipeline.funnel.httpPort}/`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ pref }),
  });
  await answer.body.dump();
  expect(answer.statusCode).toBe(204);
}

async function aPostedMessageChangesItsTile(pipeline: Pipeline, browser: Browser): Promise<void> {
  const page = await open(pipeline, browser, { locale: 'en-GB', viewport: DESKTOP });
  const okinawa = page.getByTestId('tile-47');
  // Five posts, so that a minute that turns between two of them still leaves a count to see.
  for (let n = 0; n < 5; n++) await post(pipeline, '沖縄県');
  await until(
    'the tile of Okinawa to count',
    async () => Number(await okinawa.getAttribute('data-readings')) > 0,
    10_000,
  );
  expect(await okinawa.getAttribute('data-state')).toBe('provisional');
  expect(await okinawa.getAttribute('aria-label')).toMatch(/Okinawa/);

  await okinawa.click();
  expect(await page.getByTestId('region').getAttribute('data-region')).toBe('47');
  expect(await page.getByTestId('connection').getAttribute('data-state')).toBe('live');
  await page.context().close();
}

async function theKeyboardWalksTheMap(pipeline: Pipeline, browser: Browser): Promise<void> {
  const page = await open(pipeline, browser, { locale: 'en-GB', viewport: DESKTOP });
  await page.getByTestId('tile-13').focus();
  await page.keyboard.press('ArrowRight'); // Tokyo's neighbour to the east is Chiba
  await page.keyboard.press('Enter');
  expect(await page.getByTestId('region').getAttribute('data-region')).toBe('12');
  expect(await page.evaluate('document.activeElement.dataset.testid')).toBe('tile-12');
  await page.context().close();
}

async function aRegionTellsWhatItOwesAndWhatItsSensorsMeasured(pipeline: Pipeline, browser: Browser): Promise<void> {
  const page = await open(pipeline, browser, { locale: 'en-GB', viewport: DESKTOP });
  await page.getByTestId(`tile-${OWING.region}`).click();
  const owed = async () =>
    Object.fromEntries(
      await Promise.all(
        (['missing', 'held', 'lost'] as const).map(async (name) => [
          name,
          Number(await page.getByTestId(`completeness-${name}`).textContent()),
        ]),
      ),
    );
  await page.getByTestId('completeness').waitFor();
  expect(await owed()).toEqual({ missing: 0, held: 0, lost: 0 });
  await postThisMinute(pipeline.funnel, 0);
  await postWhatIsOwed(pipeline.funnel);
  const { missing, held, lost } = OWING;
  await until('what is owed to show', async () => isDeepStrictEqual(await owed(), { missing, held, lost }), 60_000);
  expect(await page.getByTestId('completeness-complete').textContent()).toMatch(/^[0-9.]+%$/);
  expect(await page.getByTestId('completeness-complete').textContent()).not.toBe('100%');

  // The minute of those readings becomes final, and then what they measured is told: the median within 1%.
  const median = page.getByTestId('sensor-env/temp').locator('td').first();
  const isOfThePost = async () => {
    const told = await median.textContent({ timeout: 1_000 }).catch(() => null);
    if (!told?.endsWith(' °C')) return false;
    return Math.abs(Number.parseFloat(told) - OWING.value) <= OWING.value / 100;
  };
  await until('the median to be that of the post', isOfThePost, 120_000);
  await page.context().close();
}

async function standingPartitionsAreNamedAndLargeCountsFit(pipeline: Pipeline, browser: Browser): Promise<void> {
  for (const look of LOOKS) await namesAndFits(pipeline, browser, look);
}

/** The pipeline of this test never stands still and counts no millions, so those answers are given in its place. */
async function namesAndFits(pipeline: Pipeline, browser: Browser, look: Look): Promise<void> {
  const condition = { type: 'InputPartitionNotProgressing', since: '2026-06-01T03:04:05.000Z', detail: 'It waits.' };
  const answer = { status: 'not-ready', conditions: ['10', '3'].map((partition) => ({ ...condition, partition })) };
  const isPhone = look.options.viewport!.width < DESKTOP.width;
  const options = isPhone ? look.options : { ...look.options, viewport: { width: 1280, height: 900 } };
  const page = await open(pipeline, browser, options, async (each) => {
    await each.route('**/api/ready', (route) => route.fulfill({ status: 503, json: answer }));
    await each.route('**/api/live', (route) => {
      const body = `event: snapshot\ndata: ${largeCounts(Date.now())}\n\n`;
      return route.fulfill({ contentType: 'text/event-stream', body });
    });
  });
  const notice = page.getByTestId('standing');
  await notice.waitFor();
  expect(await notice.getAttribute('data-partitions')).toBe('3 10');
  expect(await notice.textContent()).toMatch(/3, 10.*12:04:05/);

  const okinawa = page.getByTestId('tile-47');
  await until('the large counts', async () => /万|m/.test((await okinawa.textContent()) ?? ''), 10_000);
  const spilt = await page.evaluate<string[]>(`[...document.querySelectorAll('.tile, .legend .steps li')]
    .filter((place) => [...place.querySelectorAll('.name, .count, .swatch + span')].some((part) => {
      const [inner, outer] = [part.getBoundingClientRect(), place.getBoundingClientRect()];
      return inner.width > 1 && (inner.left < outer.left - 1 || inner.right > outer.right + 1);
    }))
    .map((place) => place.textContent)`);
  expect(spilt).toEqual([]);
  await expectAccessible(page);
  await page.screenshot({ path: `${ARTEFACTS}extremes-${look.name}.png`, fullPage: true });

  answer.conditions = [];
  await until('the notice to go', async () => (await notice.count()) === 0, 15_000);
  await page.context().close();
}

function largeCounts(now: number): string {
  const windowEnd = new Date(Math.ceil(now / 60_000) * 60_000).toISOString();
  const windows = REGIONS.map(({ code }) => ({
    windowEnd,
    region: code,
    readings: Number(code) ** 2 * 1_111,
    events: 1,
    late: 0,
    state: 'provisional',
    revision: 0,
  }));
  const windowing = { lengthMs: 60_000, hopMs: 60_000, policy: 'revise' };
  const figures = {
    eventsPerSecond: 98_765,
    readingsPerSecond: 987_654,
    watermarkDelayMs: 5_000,
    late: 1_234_567,
    duplicates: 12_345_678,
    deadLetters: 123_456,
    devicesReporting: 1_000_000,
    devicesSilent: 123_456,
  };
  return JSON.stringify({
    id: '1',
    asOf: new Date(now).toISOString(),
    watermark: null,
    finalUntil: null,
    windowing,
    figures,
    windows,
  });
}

async function itLooksRight(pipeline: Pipeline, browser: Browser, { name, options }: Look): Promise<void> {
  const page = await open(pipeline, browser, { reducedMotion: 'reduce', ...options });
  const ishikawa = page.getByTestId('tile-17');
  await until(
    'the tile of Ishikawa to count',
    async () => Number(await ishikawa.getAttribute('data-readings')) > 0,
    10_000,
  );
  await ishikawa.click();
  await page.locator('[data-testid="chart"] canvas').waitFor();
  await page.getByTestId('completeness').waitFor();
  await page.getByTestId('sensors').waitFor();
  await page.mouse.move(0, 0);
  const japanese = options.locale === 'ja-JP';
  expect(await page.evaluate('document.documentElement.lang')).toBe(japanese ? 'ja' : 'en');
  expect(await ishikawa.getAttribute('aria-label')).toMatch(japanese ? /石川/ : /Ishikawa/);
  await expectAccessible(page);

  await page.screenshot({ path: `${ARTEFACTS}${name}.png`, fullPage: true });
  if (process.env.README_PICTURE && name === 'light-en') await page.screenshot({ path: README_PICTURE });
  await page.context().close();
}

async function aLostConnectionSaysSoAndComesBack(pipeline: Pipeline, browser: Browser): Promise<void> {
  const page = await open(pipeline, browser, { locale: 'en-GB', viewport: DESKTOP });
  await pipeline.killCloud();
  await page.locator('[data-testid="connection"][data-state="lost"]').waitFor();
  await page.locator('[data-testid="data"][data-stale="true"]').waitFor();
  await page.getByTestId('stale').waitFor();
  await page.screenshot({ path: `${ARTEFACTS}stale-en.png` });

  await pipeline.startCloud();
  await page.locator('[data-testid="connection"][data-state="live"]').waitFor({ timeout: 60_000 });
  await page.locator('[data-testid="data"][data-stale="false"]').waitFor();
  for (let n = 0; n < 3; n++) await post(pipeline, '北海道');
  const hokkaido = page.getByTestId('tile-01');
  await until('the page to count again', async () => Number(await hokkaido.getAttribute('data-readings')) > 0, 10_000);
  await page.context().close();
}
