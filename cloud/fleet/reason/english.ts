import { type Reason, type ReasonValues, type Sentences, sentenceIn } from './reason.ts';

/** The sentences as logs, the command line and the tables have them. */
export const ENGLISH: Sentences = {
  words: ({ words }) => words,

  planned: ({ image, devices, waves, leftOut, haveIt }) =>
    [
      `${image === null ? '' : `${image}: `}${devicesOf(devices)} in ${waves} ${waves === 1 ? 'wave' : 'waves'}`,
      ...(leftOut > 0 ? [`the last wave leaves out ${leftOut} of ${devicesOf(devices + leftOut)}`] : []),
      ...(haveIt > 0 ? [`${devicesOf(haveIt)} ${haveIt === 1 ? 'has' : 'have'} the image already`] : []),
    ].join('; '),
  approved: ({ by, words }) => withWords(`approved by ${by}`, words),
  started: ({ by, words }) => withWords(`started by ${by}`, words),
  'paused-by-person': ({ by, words }) => withWords(`paused by ${by}`, words),
  resumed: ({ by, words }) => withWords(`resumed by ${by}`, words),
  aborted: ({ by, words }) => withWords(`aborted by ${by}`, words),
  'aborted-and-rolled-back': ({ by, words }) => withWords(`aborted, and rolled back, by ${by}`, words),

  revoked: ({ image, words }) => `${image} is revoked: ${words}`,
  'signal-reached': signalReached,
  'silent-after-soak': silentAfterSoak,
  'wave-failed': ({ failed, of, wave }) => `${failed} of ${of} in wave ${wave} did not come to the image`,
  'board-failed': ({ failed, of, board, region }) =>
    `${failed} of ${of} of board ${board ?? 'unknown'} in region ${region ?? 'unknown'} did not come to the image`,
  'neighbours-silent': ({ regions }) =>
    `Devices that were not updated are silent too, in ${regions.length === 1 ? 'region' : 'the regions'} ${regions.join(', ')}: nothing can be said of the updated ones there.`,
  'judgeable-again': () => 'it can be judged again',

  soaking: ({ wave, minutes }) => `the last device of wave ${wave} is done: it is watched for ${lengthOf(minutes)}`,
  'wave-empty': ({ wave }) => `wave ${wave} has no device that is to be updated any more`,
  'too-few-heard': ({ wave, least }) =>
    `wave ${wave} has been watched, and fewer than ${least} updated devices have been heard of`,
  'not-called-good': ({ wave }) => `wave ${wave} has been watched, and the gate has not called it good yet`,
  'wave-passed': ({ wave, of, devices }) =>
    `wave ${wave} of ${of} has passed: ${devicesOf(devices)} with the image ${devices === 1 ? 'goes' : 'go'} on being counted`,
  'rolling-back': ({ cause, image, leaving, underWay }) =>
    after(
      cause,
      `${image} is on ${devicesOf(leaving)} that ${leaving === 1 ? 'leaves' : 'leave'} it, and ${devicesOf(underWay)} ${underWay === 1 ? 'was' : 'were'} on the way to it`,
    ),
  'rolled-back': ({ cause, telling, kept }) => {
    const others = kept > 0 ? `, but for ${devicesOf(kept)} of waves that had passed` : '';
    return after(
      cause,
      telling > 0
        ? `${devicesOf(telling)} still ${telling === 1 ? 'tells' : 'tell'} the image${others}: see what each says`
        : `no device tells the image any more${others}`,
    );
  },
  'devices-deleted': ({ were }) =>
    `what is known of its single devices is deleted for its age; they were in the end: ${were
      .map(({ state, devices }) => `${devices} ${state}`)
      .join(', ')}`,

  'had-it-before': ({ version }) => `it had ${version} before it was offered`,
  'its-wave': ({ wave }) => `wave ${wave}`,
  'tells-version': ({ version }) => `its readings tell ${version}`,
  'tells-former-again': ({ told, version }) => `its readings tell ${told} again, after ${version}`,
  'tells-after-all': ({ version, state }) => `its readings tell ${version} after all; it was ${state}`,
  'tells-former-since-install': ({ told }) => `it was installed, and its readings tell ${told} since`,
  'updater-says': ({ said, words }) => withWords(`its updater says ${said}`, words),
  'taken-back': () => 'it was taken back before it was installed',
  'timed-out': ({ minutes, lastState }) =>
    `nothing came of it for ${lengthOf(minutes)}: ${lastState === null ? 'its updater never asked for it' : `it was last ${lastState}`}`,
  'sim-lost': () => 'its SIM is in another device now, so that nothing tells what it has',
  'its-wave-passed': ({ wave }) => `wave ${wave} has passed`,
  'halted-before-turn': () => 'the rollout was halted before its turn',
  'aborted-before-turn': () => 'the rollout was aborted before its turn',
  'left-as-is': () => 'the rollout was aborted: it is left as it is',
  'installed-already': () => 'it had installed the image already',
  leaving: ({ because, noWayBack }) =>
    noWayBack === null ? LEAVING[because] : `${LEAVING[because]}; ${noWay(noWayBack)}`,
  'no-way-back': noWay,
  reimaged: ({ told, version, former }) =>
    `its readings tell ${told}, which is neither ${version} nor ${former}: it is out of the rollout's hands, and no longer offered to go back`,
  'rollback-refused': ({ said, words }) => withWords(`it could not be rolled back: its updater says ${said}`, words),
  'rollback-given-up': ({ why }) => `it could not be rolled back: ${sentenceOf(why)}`,
  'rollback-timed-out': ({ minutes, telling, before }) => {
    const state = telling === null ? 'nothing was heard of it' : `it still tells ${telling}`;
    const said = `${state} ${lengthOf(minutes)} after it was to be rolled back`;
    return before === null ? said : `${said}; ${sentenceOf(before)}`;
  },

  'action-closed': ({ image, why }) => `${image}: ${sentenceOf(why)}`,
  'bundle-gone': () => 'its bundle is not in the bundle store any more',
  'bundle-of-other-size': ({ bytes, expected }) =>
    `its bundle in the bundle store has ${bytes} bytes instead of ${expected}`,
  'begun-too-often': ({ times }) => `its download was begun from the first byte ${times} times`,
};

/** A reason in English. */
export function sentenceOf(why: Reason): string {
  return sentenceIn(ENGLISH, why) ?? why.code;
}

/** `1 device`, `2 devices`. */
export function devicesOf(number: number): string {
  return number === 1 ? '1 device' : `${number} devices`;
}

/** In hours where that is a shorter number: 90 minutes, 24 hours. */
function lengthOf(minutes: number): string {
  return minutes >= 120 && minutes % 60 === 0 ? `${minutes / 60} hours` : `${minutes} minutes`;
}

function withWords(what: string, words: string | null): string {
  return words ? `${what}: ${words}` : what;
}

/** What halted it stays in sight. */
function after(cause: Reason | null, state: string): string {
  return cause === null ? state : `${sentenceOf(cause).replace(/\.$/, '')}; ${state}`;
}

const LEAVING: Readonly<Record<ReasonValues['leaving']['because'], string>> = {
  'rolled-back': 'the image is rolled back',
  tells: 'its readings tell the image',
  installed: 'its updater has installed the image',
  'tells-after-all': 'its readings tell the image after all',
};

function noWay({ former }: ReasonValues['no-way-back']): string {
  return former === null
    ? 'what it had before is not known: only its own slot can bring it back'
    : `${former}, which it had before, is not in the registry or is revoked: only its own slot can bring it back`;
}

const HAPPENED: Readonly<Record<Exclude<ReasonValues['signal-reached']['signal'], 'rate'>, string>> = {
  silence: 'fell silent',
  clock: 'came to a worse clock, or to refused events,',
  completeness: 'began to lose readings',
  spool: 'came to a growing spool on a link that is up',
  version: 'went back to another version',
  restarts: 'started',
};

function signalReached(values: ReasonValues['signal-reached']): string {
  const { signal, devices, region, board, observed, expected, evidence, threshold } = values;
  const where = [region !== null && `region ${region}`, board !== null && `board ${board}`].filter(Boolean).join(', ');
  const who = where
    ? `The updated devices of ${where}`
    : `${devices === 1 ? '1 updated device' : `${devices} updated devices`}`;
  const weight = `Evidence ${figure(evidence)}, halts at ${figure(threshold)}.`;
  if (signal === 'rate')
    return `${who} took ${figure((100 * observed) / expected)} % of the readings that their own past and their neighbours let expect since the update. ${weight}`;
  return `${who} ${HAPPENED[signal]} ${figure(observed)} times, where ${figure(expected)} were to be expected. ${weight}`;
}

/** What the others do is said too: a wave leaves the image as a whole. */
function silentAfterSoak({ silent, of, early }: ReasonValues['silent-after-soak']): string {
  const heard = of - silent - early;
  const others = [
    ...(heard > 0 ? [`${heard} ${heard === 1 ? 'is' : 'are'} heard`] : []),
    ...(early > 0 ? [`${early} fell silent and ${early === 1 ? 'is' : 'are'} not at that end yet`] : []),
  ];
  return `${silent} of ${of} devices are silent at the end of their soak${others.map((each) => `; ${each}`).join('')}.`;
}

function figure(value: number): string {
  if (value >= 1e6) return value.toExponential(1);
  return value >= 100 ? Math.round(value).toLocaleString('en') : String(Number(value.toPrecision(2)));
}
