import type { Reason, ReasonCode, ReasonValues } from '../reason.ts';

const BY = { by: 'Aiko', words: 'Tohoku is down.' };
const SIGNAL = { devices: 12, region: null, board: null, evidence: 812.4, threshold: 700 };
const REACHED: Reason = {
  code: 'signal-reached',
  values: { ...SIGNAL, signal: 'rate', observed: 9_480, expected: 12_000 },
};
const SAID = { said: 'failure', words: 'No space left on device' };

/** Each code with values that it may have, for tests of what is said of them. */
export const SAMPLE_REASONS: { readonly [Code in ReasonCode]: readonly ReasonValues[Code][] } = {
  words: [{ words: 'It was Tuesday.' }],
  planned: [
    { image: 'agent/1.5.0', devices: 1, waves: 1, leftOut: 0, haveIt: 0 },
    { image: null, devices: 2_000, waves: 5, leftOut: 50, haveIt: 1 },
  ],
  approved: [{ by: 'Aiko', words: null }],
  started: [BY],
  'paused-by-person': [BY],
  resumed: [BY],
  aborted: [BY],
  'aborted-and-rolled-back': [BY],
  revoked: [{ image: 'agent/1.5.0', words: 'CVE-2026-1' }],
  'signal-reached': [
    REACHED.values,
    { ...SIGNAL, signal: 'silence', devices: 1, observed: 4, expected: 0.123, evidence: 3e9 },
    { ...SIGNAL, signal: 'clock', region: '27', observed: 4, expected: 0.1 },
    { ...SIGNAL, signal: 'completeness', board: 'rpi5', observed: 4, expected: 0.1 },
    { ...SIGNAL, signal: 'spool', region: '27', board: 'rpi5', observed: 4, expected: 0.1 },
    { ...SIGNAL, signal: 'version', region: 'mars', observed: 4, expected: 0.1 },
    { ...SIGNAL, signal: 'restarts', observed: 41, expected: 12.2 },
  ],
  'silent-after-soak': [
    { silent: 30, of: 120, early: 0 },
    { silent: 1, of: 3, early: 1 },
  ],
  'wave-failed': [{ failed: 1, of: 2, wave: 2 }],
  'board-failed': [
    { failed: 3, of: 3, board: 'rpi5', region: '40' },
    { failed: 3, of: 4, board: null, region: null },
  ],
  'neighbours-silent': [{ regions: ['13'] }, { regions: ['02', '03'] }],
  'judgeable-again': [{}],
  soaking: [
    { wave: 1, minutes: 480 },
    { wave: 1, minutes: 0.5 },
  ],
  'wave-empty': [{ wave: 2 }],
  'too-few-heard': [{ wave: 1, least: 8 }],
  'not-called-good': [{ wave: 3 }],
  'wave-passed': [
    { wave: 1, of: 5, devices: 1 },
    { wave: 4, of: 5, devices: 1_000 },
  ],
  'rolling-back': [
    { cause: REACHED, image: 'agent/1.5.0', leaving: 1, underWay: 1 },
    { cause: null, image: 'agent/1.5.0', leaving: 9, underWay: 0 },
  ],
  'rolled-back': [
    { cause: REACHED, telling: 0, kept: 0 },
    { cause: { code: 'words', values: { words: 'devices fall silent' } }, telling: 1, kept: 10 },
  ],
  'devices-deleted': [
    { were: [{ state: 'kept', devices: 1 }] },
    {
      were: [
        { state: 'rolled-back', devices: 1_990 },
        { state: 'vanished', devices: 1 },
      ],
    },
  ],
  'had-it-before': [{ version: '1.5.0' }],
  'its-wave': [{ wave: 3 }],
  'tells-version': [{ version: '1.5.0' }],
  'tells-former-again': [{ told: '1.4.0', version: '1.5.0' }],
  'tells-after-all': [{ version: '1.5.0', state: 'vanished' }],
  'tells-former-since-install': [{ told: '1.4.0' }],
  'updater-says': [SAID, { said: 'closed, success', words: null }, { said: 'hungry', words: null }],
  'taken-back': [{}],
  'timed-out': [
    { minutes: 1_440, lastState: null },
    { minutes: 60, lastState: 'downloading' },
  ],
  'sim-lost': [{}],
  'its-wave-passed': [{ wave: 3 }],
  'halted-before-turn': [{}],
  'aborted-before-turn': [{}],
  'left-as-is': [{}],
  'installed-already': [{}],
  leaving: [
    { because: 'rolled-back', noWayBack: null },
    { because: 'tells', noWayBack: { former: null } },
    { because: 'installed', noWayBack: { former: '1.4.0' } },
    { because: 'tells-after-all', noWayBack: null },
  ],
  'no-way-back': [{ former: null }, { former: '1.4.0' }],
  reimaged: [{ told: '1.7.0', version: '1.5.0', former: '1.4.0' }],
  'rollback-refused': [SAID],
  'rollback-given-up': [{ why: { code: 'bundle-gone', values: {} } }],
  'rollback-timed-out': [
    { minutes: 60, telling: null, before: null },
    { minutes: 60, telling: '1.5.0', before: { code: 'no-way-back', values: { former: '1.4.0' } } },
  ],
  'action-closed': [
    { image: 'agent/1.5.0', why: { code: 'words', values: { words: 'Installed.' } } },
    { image: 'agent/1.5.0', why: { code: 'bundle-gone', values: {} } },
  ],
  'bundle-gone': [{}],
  'bundle-of-other-size': [{ bytes: 65_536, expected: 14_680_064 }],
  'begun-too-often': [{ times: 21 }],
};

/** All of them. */
export function sampleReasons(): readonly Reason[] {
  return Object.entries(SAMPLE_REASONS).flatMap(([code, all]) => all.map((values) => ({ code, values }) as Reason));
}
