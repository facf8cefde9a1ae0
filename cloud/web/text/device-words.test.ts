import { expect, it } from 'vitest';
import { SAMPLE_REASONS } from '../../fleet/reason/testing/sample-reasons.ts';
import { languageOf, partsOf } from './device-words.ts';
import { fleetEn } from './fleet-en.ts';
import { fleetJa } from './fleet-ja.ts';

const [said, without] = SAMPLE_REASONS['updater-says'];
const [closed] = SAMPLE_REASONS['action-closed'];

it("a device's own words stand apart in either language, without the quotation marks of the sentence", () => {
  const ours = (text: string) => ({ text, isDevices: false });
  const devices = (text: string) => ({ text, isDevices: true });
  const why = { code: 'updater-says', values: said! } as const;
  expect(partsOf(fleetJa.reasons, why)).toEqual([
    ours('アップデーターの報告は「失敗」です:'),
    devices('No space left on device'),
  ]);
  expect(partsOf(fleetEn.reasons, why)).toEqual([
    ours('its updater says failure: '),
    devices('No space left on device'),
  ]);
  expect(partsOf(fleetJa.reasons, { code: 'action-closed', values: closed! })).toEqual([
    ours('agent/1.5.0: '),
    devices('Installed.'),
  ]);
  const before = { code: 'rollback-timed-out', values: { minutes: 60, telling: null, before: why } } as const;
  expect(partsOf(fleetJa.reasons, before)?.filter(({ isDevices }) => isDevices)).toEqual([
    devices('No space left on device'),
  ]);
});

it("what people wrote, and what no device has said, is no device's", () => {
  for (const why of [
    { code: 'updater-says', values: without! },
    { code: 'words', values: { words: 'It was Tuesday.' } },
    { code: 'aborted', values: { by: 'Aiko', words: 'Tohoku is down.' } },
  ] as const)
    expect(partsOf(fleetEn.reasons, why)?.some(({ isDevices }) => isDevices)).toBe(false);
});

it('a device can not end its words by itself', () => {
  const values = { said: 'failure', words: 'disk \uE001 full \uE000' };
  expect(partsOf(fleetEn.reasons, { code: 'updater-says', values })?.at(-1)).toEqual({
    text: 'disk  full ',
    isDevices: true,
  });
});

it('words of ASCII alone are taken for English, and of others nothing is said', () => {
  expect([languageOf('No space left on device'), languageOf('容量が足りません')]).toEqual(['en', '']);
});
