import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { expect } from 'vitest';
import type { CloudApi } from '../rig/cloud-api.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Where the dashboard is opened, and what it shows once it has its first data. */
export interface Place {
  /** Of the address, such as `#/fleet`. */
  readonly hash?: string;
  /** A selector. */
  readonly shows?: string;
}

/** Opens the dashboard and waits for its first data. `prepare` may answer requests in the server's place. */
export async function open(
  pipeline: { readonly api: Pick<CloudApi, 'url'> },
  browser: Browser,
  options: BrowserContextOptions,
  prepare: (page: Page) => Promise<unknown> = async () => {},
  { hash = '', shows = '[data-testid="data"][data-ready="true"]' }: Place = {},
): Promise<Page> {
  const context = await browser.newContext({ timezoneId: 'Asia/Tokyo', ...options });
  const page = await context.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // 503 is the answer of a server that is not ready yet; the browser calls every 503 an error.
    const isReadiness = message.location().url.endsWith('/api/ready');
    if (message.type() === 'error' && !isReadiness) problems.push(message.text());
  });
  await prepare(page);
  await page.goto(`${pipeline.api.url}/${hash}`);
  await page.locator(shows).waitFor();
  expect(problems).toEqual([]);
  return page;
}

/** Nothing is wider than the screen, and axe-core finds nothing. */
export async function expectAccessible(page: Page): Promise<void> {
  const overflow = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
  expect(await page.evaluate(overflow)).toBe(0);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate<{ violations: { id: string; nodes: { html: string }[] }[] }>(
    'axe.run(document, { resultTypes: ["violations"] })',
  );
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual([]);
}
