import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The system's Chromium; undefined where there is none. Under CI that is a failure. */
export const executablePath: string | undefined = PLACES.find(existsSync);
if (!executablePath && process.env.CI) throw new Error('Chromium is not installed; .ci/run should have done so.');
if (!executablePath) console.warn('Skipped: the browser tests, which need Chromium.');

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    // Chromium's own sandbox needs a user namespace, which root in a container lacks; the page is our own.
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
    ],
  });
}
