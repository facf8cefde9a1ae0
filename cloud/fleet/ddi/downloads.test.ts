import { TashikaError } from '@tashika/shared/errors';
import { TestClock } from '@tashika/shared/time';
import { expect, it } from 'vitest';
import type { Parameter, Store } from '../../store/index.ts';
import { Downloads } from './downloads.ts';
import { memoryBundles } from './testing/index.ts';

const logger = { debug() {}, info() {}, warn() {}, error() {} };
const bundle = Buffer.from('a bundle');
const record = { bundle: { filename: 'agent.raucb', sha256: 'x', bytes: bundle.length } };

/** Every device has an open action; each statement takes a turn of the event loop. */
const store = {
  async query(_sql: string, [, , controllerId]: readonly Parameter[] = []) {
    return [
      { id: 1, controllerId, state: 'open', revoked: false, record, left: null, beginnings: 1, granted: 1_048_576 },
    ];
  },
} as unknown as Store;

const asked = (device: number) => ({
  ...{ tenant: 'tashika', controllerId: `pi-${device}`, id: 1, filename: 'agent.raucb' },
  ...{ range: undefined, ifRange: undefined, head: false },
});

it('five hundred downloads are under way at most, also where a thousand devices ask at once', async () => {
  const downloads = new Downloads({
    store,
    logger,
    clock: new TestClock(0),
    bundles: memoryBundles(new Map([['x', bundle]])),
  });
  const open = (device: number) => downloads.open(asked(device));
  const answers = await Promise.allSettled(Array.from({ length: 1_000 }, (_, device) => open(device)));
  const begun = answers.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  expect(begun).toHaveLength(500);
  await expect(open(0)).rejects.toMatchObject({ code: 'TOO_MANY_CLIENTS' });
  for (const download of begun)
    if (download.kind === 'bytes') expect(await download.content?.toArray()).toEqual([bundle]);
  expect(await open(0)).toMatchObject({ kind: 'bytes' });
  downloads.stop();
});

it('a bundle store that is away ends no action: what it does not have is not gone', async () => {
  const away = new TashikaError('BUNDLES_UNAVAILABLE', 'the folder /srv/bundles is not there');
  const bundles = { ...memoryBundles(new Map()), requireUsed: () => Promise.reject(away) };
  const downloads = new Downloads({ store, logger, clock: new TestClock(0), bundles });
  // Where it is on the server is no device's concern.
  await expect(downloads.open(asked(0))).rejects.toMatchObject({
    ...{ code: 'BUNDLES_UNAVAILABLE', message: 'Bundles can not be had now; try again later.', cause: away },
  });
});

it('a bundle that goes away between two looks at it ends the action as any other that is gone', async () => {
  const downloads = new Downloads({
    ...{ store: { ...store, transaction: async () => undefined } as unknown as Store, logger },
    clock: new TestClock(0),
    bundles: { ...memoryBundles(new Map()), size: async () => bundle.length },
  });
  await expect(downloads.open(asked(0))).rejects.toMatchObject({
    ...{ code: 'ACTION_CLOSED', message: expect.stringContaining('its bundle is not in the bundle store any more') },
  });
});
