import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FleetImageList, FleetVersions, Rollout } from '@tashika/cloud/api/fleet';
import { moveDevices, openApi, openApiOver } from '@tashika/cloud/api/testing';
import { openBundles } from '@tashika/cloud/fleet/bundles';
import { ImageRegistry } from '@tashika/cloud/fleet/registry';
import type { Store } from '@tashika/cloud/store';
import { systemClock } from '@tashika/shared/time';
import type { Browser, BrowserContextOptions, Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CloudApi } from '../rig/cloud-api.ts';
import { until } from '../rig/index.ts';
import { executablePath, launch } from './chromium.ts';
import { AWAITING, HALTED, RUNNING, sowFleet } from './fleet-scene.ts';
import { expectAccessible, open } from './page.ts';

const ARTEFACTS = fileURLToPath(new URL('artefacts/', import.meta.url));
const README_PICTURE = fileURLToPath(new URL('fleet.png', import.meta.url));
const WEB = fileURLToPath(new URL('../../cloud/dist/web', import.meta.url));
const DESKTOP = { width: 1360, height: 900 };
const PHONE = { width: 360, height: 780 };
const QUIET = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
const ENGLISH: BrowserContextOptions = { locale: 'en-GB', viewport: DESKTOP };

describe.skipIf(!executablePath)('the fleet page', () => {
  const closing: (() => Promise<unknown>)[] = [];
  let store: Store;
  let browser: Browser;
  let api: CloudApi;
  /** The same store, served by a process that has no fleet. */
  let without: CloudApi;

  beforeAll(async () => {
    mkdirSync(ARTEFACTS, { recursive: true });
    const directory = mkdtempSync(join(tmpdir(), 'tashika-fleet-page-'));
    const opened = await openApi({ webDirectory: WEB });
    store = opened.store;
    await sowFleet(store, Date.now());
    const bundles = await openBundles(`folder:${directory}`, systemClock);
    const settings = { tenant: 'tashika', sampleMs: 600_000, mostScanCvss: 8.9 };
    const images = new ImageRegistry({ store, clock: systemClock, logger: QUIET, bundles, settings });
    const app = await openApiOver(store, { images, rollouts: settings, webDirectory: WEB });
    api = await listening(app);
    without = await listening(opened.app);
    browser = await launch();
    closing.push(
      () => browser.close(),
      () => app.close(),
      () => opened.close(),
      async () => rmSync(directory, { recursive: true }),
    );
  });
  afterAll(async () => {
    for (const close of closing) await close();
  });

  const at = (id: string, options: BrowserContextOptions = ENGLISH) =>
    open({ api }, browser, options, aWorkerReads, {
      hash: `#/fleet/${id}`,
      shows: `[data-testid="rollout"][data-rollout="${id}"] [data-testid="rollout-state"]`,
    });
  const rollout = (id: string) => api.get<Rollout>(`/api/fleet/rollouts/${id}`);

  it('is reached by a link, and asks for nothing before', async () => {
    const asked: string[] = [];
    const page = await open({ api }, browser, ENGLISH, async (each) => {
      each.on('request', (request) => asked.push(request.url()));
    });
    expect(asked.filter((url) => url.includes('/api/fleet'))).toEqual([]);
    await page.getByTestId('page-fleet').focus();
    await page.keyboard.press('Enter');
    // What is in trouble comes first.
    await page.locator(`[data-testid="rollout"][data-rollout="${HALTED}"]`).waitFor();
    expect(await page.title()).toBe('Tashika: fleet');
    // The gate reads what is counted, and nobody counts here.
    expect(await page.getByTestId('condition').getAttribute('data-type')).toBe('HubNotRead');
    await page.getByTestId(`rollout-${RUNNING}`).focus();
    await page.keyboard.press('Enter');
    await page.locator(`[data-testid="rollout"][data-rollout="${RUNNING}"]`).waitFor();
    expect(new URL(page.url()).hash).toBe(`#/fleet/${RUNNING}`);
    await page.locator('.skip').focus();
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('rollout-title');
    await page.goBack();
    await page.locator(`[data-testid="rollout"][data-rollout="${HALTED}"]`).waitFor();
    await page.getByTestId('page-counts').click();
    await page.getByTestId('tile-13').waitFor();
    expect(new URL(page.url()).hash).toBe('#13');
    await page.context().close();
  });

  it("shows the API's numbers, and goes on by itself while one looks", async () => {
    const page = await at(RUNNING);
    const told = await rollout(RUNNING);
    expect(await numbersOn(page)).toEqual(numbersOf(told));
    expect(await page.getByTestId('fleet-touched').textContent()).toBe('116');
    expect(await page.getByTestId('wave-5').textContent()).toContain('1,300');
    for (const { signal, evidence } of told.signals)
      expect(Number(await page.getByTestId(`signal-${signal}`).getAttribute('data-evidence'))).toBe(evidence);
    expect(await page.getByTestId('signal-restarts').getAttribute('data-standing')).toBe('raised');

    const { regions } = await api.get<FleetVersions>('/api/fleet/versions');
    for (const { region, versions } of regions.filter((_, index) => index % 9 === 0)) {
      const tile = page.getByTestId(`share-${region}`);
      const having = versions.find(({ version }) => version === '1.6.0')?.devices ?? 0;
      expect(Number(await tile.getAttribute('data-having'))).toBe(having);
      expect(Number(await tile.getAttribute('data-devices'))).toBe(
        versions.reduce((sum, each) => sum + each.devices, 0),
      );
    }
    const { images } = await api.get<FleetImageList>('/api/fleet/images');
    const scans = Object.fromEntries(
      await Promise.all(
        images.map(async ({ image }) => [
          image,
          await page.getByTestId(`image-${image}`).locator('[data-scan]').getAttribute('data-scan'),
        ]),
      ),
    );
    expect(scans).toMatchObject({
      'agent/1.5.0': 'not-scanned',
      'agent/1.6.0': 'nothing-known',
      'agent/1.5.1': 'found',
    });

    const copy = page.getByTestId('image-agent/1.7.0-rc.1');
    expect(await copy.locator('[data-missing-parent="system/2026.11.0"]').textContent()).toMatch(
      /^built on system\/2026\.11\.0 Not in the registry/,
    );
    expect(await copy.locator('[data-same-bytes="agent/1.7.0"]').textContent()).toMatch(
      /^same bytes as agent\/1\.7\.0/,
    );
    expect(await page.locator('.state-since').textContent()).toMatch(/^since \d{4}-\d\d-\d\d \d\d:\d\d, for 3 h/);
    expect(await page.locator('.read-only').textContent()).toContain('Times on this page are in Asia/Tokyo, GMT+9.');

    const updated = page.getByTestId('wave-3').locator('li[data-group="updated"]');
    expect(await updated.getAttribute('data-devices')).toBe('60');
    await moveDevices(store, { id: RUNNING, wave: 3, from: 'waiting', to: 'updated', count: 40 });
    await until('the wave to advance', async () => (await updated.getAttribute('data-devices')) === '100', 60_000);
    expect(await numbersOn(page)).toEqual(numbersOf(await rollout(RUNNING)));
    await page.context().close();
  });

  it('says what halted a rollout: the signal, since when, which devices', async () => {
    const page = await at(HALTED);
    expect(await page.getByTestId('rollout-state').textContent()).toMatch(/Rolling back.*79 % of the readings/);
    // What has left the image is not counted with what is to leave it.
    const rolledBack = page.locator('.figure', { has: page.getByTestId('fleet-rolled-back') });
    expect(await rolledBack.textContent()).toBe('Rolled back36 more on the way back');
    const failing = page.getByTestId('failing');
    expect(await failing.getAttribute('data-signal')).toBe('rate');
    expect(await failing.textContent()).toMatch(/Rate of readings.*1 h 30 min ago.*agent-1-5-1-1.*and 4 more/);
    expect(await page.getByTestId('signal-rate').getAttribute('data-standing')).toBe('reached');
    expect(await page.getByTestId('wave-1').getAttribute('data-state')).toBe('failed');
    const image = page.getByTestId('image-agent/1.5.1');
    expect(await image.locator(`[data-halted-in="${HALTED}"]`).textContent()).toMatch(
      /^Halted agent-1-5-1, \d{4}-\d\d-\d\d \d\d:\d\d: Rate of readings$/,
    );
    expect(await page.locator('tr[data-halted="true"]').count()).toBe(1);
    const leaving = page.getByTestId('setbacks').locator('li[data-state="leaving"]');
    expect(await leaving.textContent()).toMatch(/6 devices.*only its own slot can bring it back.*and 1 more/);
    await page.getByTestId('choice-language').getByText('日本語').click();
    expect(await leaving.textContent()).toContain('以前の 1.4.0 はレジストリにないか失効しているため');
    expect(await page.getByTestId('rollout-reason').textContent()).toBe(
      '更新済みデバイス 10 台が更新後に取得した測定値は、自身の過去と近隣のデバイスから期待される件数の 79% です。証拠 812 がしきい値 700 に達しました。agent/1.5.1 から巻き戻すデバイスは 6 台、更新中だったデバイスは 0 台です。',
    );
    await page.context().close();
  });

  it('pages its audit log in either language, says which command comes next, and keeps what it knows when the server fails', async () => {
    const page = await at(RUNNING);
    const entries = page.getByTestId('audit').locator('tbody tr');
    await until('a page of steps', async () => (await entries.count()) === 50, 60_000);
    await page.getByTestId('choice-language').getByText('日本語').click();
    await page.getByTestId('audit').getByRole('button', { name: 'さらに表示' }).click();
    await until('all steps', async () => (await entries.count()) === 71, 60_000);
    expect(await entries.first().textContent()).toMatch(/提示済み.*待機 → 提示済み.*第 3 波の順番が来ました。/);
    const said = page.getByTestId('setbacks').locator('li[data-state="failed"] .device-words');
    expect(await said.textContent()).toBe('デバイスの原文: No space left on device');
    expect(await said.locator('q').getAttribute('lang')).toBe('en');
    await page.getByTestId(`rollout-${AWAITING}`).click();
    const state = page.locator('[data-testid="rollout-state"][data-state="awaiting-approval"]');
    expect(await state.textContent()).toMatch(new RegExp(`承認待ち.*tashika fleet rollout approve ${AWAITING}`));

    await page.route('**/api/fleet/**', (route) =>
      route.fulfill({ status: 503, json: { title: 'Store unavailable', detail: 'Try again.' } }),
    );
    await page.getByTestId('fleet-error').waitFor({ timeout: 60_000 });
    expect(await page.getByTestId('fleet-error').textContent()).toContain('Store unavailable');
    expect(await state.isVisible()).toBe(true);
    await page.context().close();
  });

  it('says how old it is once the server does not answer, and is as before when it does', async () => {
    const page = await open({ api }, browser, ENGLISH, (each) => each.clock.install().then(() => aWorkerReads(each)), {
      hash: `#/fleet/${HALTED}`,
      shows: '[data-testid="rollout-state"]',
    });
    const fleet = page.getByTestId('fleet');
    expect(await fleet.getAttribute('data-stale')).toBe('false');
    const unanswered: Route[] = [];
    await page.route('**/api/fleet/**', (route) => void unanswered.push(route));
    await page.clock.fastForward(20_000);
    await page.locator('[data-testid="fleet"][data-stale="true"]').waitFor();
    expect(await page.getByTestId('fleet-stale').textContent()).toMatch(/^What is shown here was told [12]\d s ago\.$/);
    expect(await page.getByTestId('rollout-state').isVisible()).toBe(true);
    await page.unroute('**/api/fleet/**');
    await Promise.all(unanswered.map((route) => route.continue()));
    await page.locator('[data-testid="fleet"][data-stale="false"]').waitFor();
    expect(await page.getByTestId('fleet-stale').count()).toBe(0);
    await page.context().close();
  });

  it('says what to do where there is nothing yet, and where there is no fleet at all', async () => {
    const empty = await open(
      { api },
      browser,
      ENGLISH,
      async (page) => {
        await page.route('**/api/fleet/rollouts?*', (route) => route.fulfill({ json: { rollouts: [], next: null } }));
        await page.route('**/api/fleet/images', (route) => route.fulfill({ json: { images: [] } }));
      },
      { hash: '#/fleet', shows: '[data-testid="no-images"]' },
    );
    expect(await empty.getByTestId('no-rollouts').textContent()).toContain('tashika fleet rollout plan FILE');
    await expectAccessible(empty);
    await empty.context().close();

    const none = await (await browser.newContext(ENGLISH)).newPage();
    await none.goto(`${without.url}/#/fleet`);
    await none.getByTestId('fleet-not-configured').waitFor();
    expect(await none.getByTestId('fleet-not-configured').textContent()).toContain('TASHIKA_CLOUD_FLEET_BUNDLES');
    await expectAccessible(none);
    await none.context().close();
  });

  it('looks right in both languages, light and dark, and on a phone', async () => {
    await Promise.all(
      (
        [
          ['light-en', RUNNING, { colorScheme: 'light', locale: 'en-GB', viewport: DESKTOP }],
          ['dark-ja', HALTED, { colorScheme: 'dark', locale: 'ja-JP', viewport: DESKTOP }],
          ['phone-ja', RUNNING, { colorScheme: 'light', locale: 'ja-JP', viewport: PHONE }],
          ['phone-dark-en', HALTED, { colorScheme: 'dark', locale: 'en-GB', viewport: PHONE }],
        ] as const
      ).map(async ([name, id, options]) => {
        const page = await at(id, { reducedMotion: 'reduce', ...options });
        await page.getByTestId('audit').locator('tbody tr').first().waitFor();
        await page.getByTestId('image-agent/1.6.0').waitFor();
        await page.getByTestId('share-13').waitFor();
        await expectAccessible(page);
        await page.screenshot({ path: `${ARTEFACTS}fleet-${name}.png`, fullPage: true });
        if (process.env.README_PICTURE && name === 'light-en') await page.screenshot({ path: README_PICTURE });
        await page.context().close();
      }),
    );
  });
});

async function listening(app: Awaited<ReturnType<typeof openApiOver>>): Promise<CloudApi> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return new CloudApi(`http://127.0.0.1:${(app.server.address() as AddressInfo).port}`);
}

/** There is no worker in this test, whose absence would stand above everything. */
async function aWorkerReads(page: Page): Promise<void> {
  await page.route('**/api/ready', (route) => route.fulfill({ json: { status: 'ready', conditions: [] } }));
}

/** What the page says of a rollout, as bare numbers. */
async function numbersOn(page: Page) {
  const figure = async (name: string) => Number(await page.getByTestId(`fleet-${name}`).getAttribute('data-value'));
  const waves = await page.evaluate<unknown>(
    `[...document.querySelectorAll('.wave')].map((wave) => [
      wave.dataset.state,
      Number(wave.dataset.devices),
      [...wave.querySelectorAll('.segment-counts li')].reduce((sum, each) => sum + Number(each.dataset.devices), 0),
    ])`,
  );
  return {
    state: await page.getByTestId('rollout-state').getAttribute('data-state'),
    wave: await figure('wave'),
    touched: await figure('touched'),
    underWay: await figure('under-way'),
    updated: await figure('updated'),
    failed: await figure('failed'),
    rolledBack: await figure('rolled-back'),
    waves,
  };
}

function numbersOf({ state, wave, touched, byState, waves }: Rollout) {
  const sum = (...states: readonly string[]) => states.reduce((all, each) => all + (byState[each] ?? 0), 0);
  return {
    ...{ state, wave, touched },
    underWay: sum('offered', 'downloading', 'installing', 'rebooting'),
    updated: sum('updated', 'kept'),
    failed: sum('failed', 'fell-back', 'vanished'),
    rolledBack: sum('rolled-back'),
    waves: waves.map((each) => [each.state, each.devices, each.devices]),
  };
}
