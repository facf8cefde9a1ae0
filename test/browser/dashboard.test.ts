import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { request } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { clearOfTheMinutesEnd, type Pipeline, startPipeline, until } from '../rig/index.ts';
import { executablePath, launch } from './chromium.ts';
import { postThisMinute, postTwoHours } from './two-hours.ts';

const ARTEFACTS = fileURLToPath(new URL('artefacts/', import.meta.url));
const README_PICTURE = fileURLToPath(new URL('dashboard.png', import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
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
    for (const [round, look] of LOOKS.entries()) {
      await clearOfTheMinutesEnd(20_000);
      await postThisMinute(pipeline.funnel, round);
      await itLooksRight(pipeline, browser, look);
    }
    await aLostConnectionSaysSoAndComesBack(pipeline, browser);
  });
});

async function open(pipeline: Pipeline, browser: Browser, options: BrowserContextOptions): Promise<Page> {
  const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  await page.goto(`${pipeline.api.url}/`);
  await page.locator('[data-testid="data"][data-ready="true"]').waitFor();
  expect(problems).toEqual([]);
  return page;
}

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
  await page.mouse.move(0, 0);
  const japanese = options.locale === 'ja-JP';
  expect(await page.evaluate('document.documentElement.lang')).toBe(japanese ? 'ja' : 'en');
  expect(await ishikawa.getAttribute('aria-label')).toMatch(japanese ? /石川/ : /Ishikawa/);
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(overflow)).toBe(0);

  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);

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
