import type { Duration } from '@tashika/shared/time';
import type { Deployment, Offer } from './deployment.ts';
import type { Slots } from './installer.ts';
import type { Ended, Feedback, Stage, Trial, UpdaterState, Work } from './state.ts';

/** What happened. */
export type Fact =
  /**
   * The server offers this. `running` is the version of the kind that runs here already, and where that is the one that is
   * offered, `here` is what its slots say; undefined where there are none.
   */
  | {
      readonly fact: 'offered';
      readonly offer: Offer;
      readonly running: string | undefined;
      readonly here?: Omit<Look, 'proof'> | undefined;
    }
  | { readonly fact: 'nothing-offered' }
  | { readonly fact: 'cancel-asked'; readonly id: string; readonly stopId: string }
  /** A piece came, or none did. */
  | { readonly fact: 'came' }
  | { readonly fact: 'came-not'; readonly reason: string }
  | { readonly fact: 'never-comes'; readonly reason: string }
  | { readonly fact: 'downloaded' }
  /** The server sent the whole where a part was asked for: it has other bytes than those that came before, or no ranges. */
  | { readonly fact: 'changed' }
  /** All bytes are there and are others than announced; `doubtful` where they may be of two files or a spoiled disk. */
  | { readonly fact: 'mismatched'; readonly doubtful: boolean }
  /** What was downloaded is not here any more, or not as it was. */
  | { readonly fact: 'spoiled' }
  | { readonly fact: 'verified' }
  | { readonly fact: 'refused'; readonly reason: string }
  | { readonly fact: 'installing' }
  /** `found`: by an updater that was cut off, which finds it in its slot now. */
  | {
      readonly fact: 'installed';
      readonly slot: string;
      readonly now: Moment;
      readonly starts: number;
      readonly found?: boolean;
    }
  | { readonly fact: 'not-installed'; readonly reason: string }
  | { readonly fact: 'looked'; readonly look: Look }
  | { readonly fact: 'confirmed' }
  | { readonly fact: 'not-confirmed'; readonly reason: string }
  /** The outbox's first was told, or will never be taken. */
  | { readonly fact: 'told' }
  | { readonly fact: 'attributes-told'; readonly hash: string };

export interface Moment {
  readonly bootId: string;
  /** Of the boot, in ms. */
  readonly monotonic: Duration;
}

/** What is seen of an image on trial. */
export interface Look {
  readonly now: Moment;
  readonly slots: Slots;
  /** How often the agent has started in its data directory. */
  readonly starts: number;
  /** A proof of the new version, of this boot; undefined where there is none. */
  readonly proof: { readonly stored: boolean; readonly answered: boolean } | undefined;
}

export interface Limits {
  readonly downloadTries: number;
  readonly trialMs: Duration;
}

/** What is to be done next. */
export type Command = 'rest' | 'download' | 'verify' | 'install' | 'look' | 'confirm' | 'fall-back';

const MOST_INSTALLS = 3;
const MOST_CONFIRMATIONS = 30;
/** A machine that starts again and again on a new system is no better than one that does not start. */
const MOST_BOOTS = 5;
const MOST_FEEDBACK = 40;
const MOST_DETAIL = 500;

/** What a state asks to be done. A kill before the fact of it is in the state makes it be done again, which is safe. */
export function commandOf({ work }: UpdaterState): Command {
  switch (work?.stage.at) {
    case undefined:
      return 'rest';
    case 'downloading':
      return work!.deployment.mayDownload ? 'download' : 'rest';
    case 'verifying':
      return 'verify';
    case 'ready':
      return work!.deployment.mayInstall ? 'install' : 'rest';
    case 'installing':
      return 'install';
    case 'trial':
      return 'look';
    case 'confirming':
      return 'confirm';
    case 'falling-back':
      return 'fall-back';
  }
}

/** Whether what is at work can still be given up without a trace. */
export function isReversible({ stage }: Work): boolean {
  return stage.at === 'downloading' || stage.at === 'verifying' || stage.at === 'ready';
}

/** The state after a fact: pure, so that every kill is a place between two calls. */
export function step(state: UpdaterState, fact: Fact, limits: Limits): UpdaterState {
  switch (fact.fact) {
    case 'offered':
      return offered(state, fact);
    case 'nothing-offered':
      return state.work && isReversible(state.work) ? { ...state, work: undefined } : state;
    case 'cancel-asked':
      return cancelled(state, fact.id, fact.stopId);
    case 'told':
      return { ...state, outbox: state.outbox.slice(1) };
    case 'attributes-told':
      return { ...state, attributes: fact.hash };
    default:
      return state.work ? worked(state, state.work, fact, limits) : state;
  }
}

function offered(
  state: UpdaterState,
  { offer, running, here }: Extract<Fact, { readonly fact: 'offered' }>,
): UpdaterState {
  const { work, last } = state;
  const id = offer.ok ? offer.deployment.id : offer.id;
  if (work?.deployment.id === id)
    return offer.ok && isReversible(work) ? { ...state, work: refreshed(work, offer.deployment) } : state;
  if (last?.id === id) return state.outbox.some((each) => each.id === id) ? state : tell(state, endOf(last));
  if (work && !isReversible(work)) return state; // first this one comes to its end
  const fresh = { ...state, work: undefined };
  if (!offer.ok) return ended(fresh, id, 'failure', `This updater can't install it: ${offer.reason}`);
  const { deployment } = offer;
  if (deployment.version === running) return runsAlready(fresh, deployment, here);
  const begun = { deployment, stage: { at: 'downloading', fruitless: 0, anew: false } } as const;
  return progress({ ...fresh, work: begun }, id, 'download', `Downloading ${deployment.bytes} bytes.`);
}

/** What runs is one thing, and what the next start would take another. */
function runsAlready(state: UpdaterState, deployment: Deployment, here: Omit<Look, 'proof'> | undefined): UpdaterState {
  const { id } = deployment;
  const image = `${deployment.kind}/${deployment.version}`;
  const slot = here?.slots.current;
  if (!here || slot === undefined || here.slots.primary === slot)
    return ended(state, id, 'success', `${image} runs already.`);
  if (here.slots.trial !== slot) {
    const why = `${image} runs in slot ${slot}, and the next start would take slot ${here.slots.primary ?? 'none'}.`;
    return ended(state, id, 'failure', `${why}${said(here.slots.reason)}`);
  }
  const found = { ...state, work: { deployment, stage: { at: 'trial', ...trialOf(slot, here, true) } } } as const;
  return progress(found, id, 'proceeding', `Found on trial in slot ${slot}.`);
}

function trialOf(slot: string, { now, starts }: Pick<Look, 'now' | 'starts'>, found: boolean): Trial {
  return {
    ...{ slot, bootId: now.bootId, since: now.monotonic, boots: 1, startsBefore: starts },
    ...(found && { found }),
    ...{ ran: false, stored: false },
  };
}

/** The same deployment as the server tells it now: its windows open and close. */
function refreshed(work: Work, { mayDownload, mayInstall, path }: Deployment): Work {
  return { ...work, deployment: { ...work.deployment, mayDownload, mayInstall, path } };
}

function cancelled(state: UpdaterState, id: string, stopId: string): UpdaterState {
  const { work, last } = state;
  const answer = (execution: Feedback['execution'], detail: string) =>
    state.outbox.some((each) => each.to === 'cancelAction' && each.id === id)
      ? state
      : tell(state, { to: 'cancelAction', id, execution, finished: 'success', details: [detail] });
  if (work?.deployment.id === stopId) {
    if (!isReversible(work)) return answer('rejected', 'It is being installed already.');
    const told = answer('closed', 'Nothing of it was installed.');
    return { ...told, work: undefined, last: { id: stopId, outcome: 'cancelled', detail: 'It was cancelled.' } };
  }
  if (last?.id === stopId && last.outcome !== 'cancelled') return answer('rejected', `It is over. ${last.detail}`);
  return answer('closed', 'It had not begun.');
}

function worked(
  state: UpdaterState,
  work: Work,
  fact: Exclude<Fact, { readonly fact: 'offered' | 'nothing-offered' | 'cancel-asked' | 'told' | 'attributes-told' }>,
  limits: Limits,
): UpdaterState {
  const { deployment, stage } = work;
  const { id } = deployment;
  const at = (next: Stage): UpdaterState => ({ ...state, work: { deployment, stage: next } });
  const fail = (reason: string) => ended(state, id, 'failure', reason);
  switch (fact.fact) {
    case 'came':
      return stage.at === 'downloading' && stage.fruitless > 0 ? at({ ...stage, fruitless: 0 }) : state;
    case 'came-not': {
      if (stage.at !== 'downloading') return state;
      const fruitless = stage.fruitless + 1;
      return fruitless >= limits.downloadTries
        ? fail(`The bundle could not be downloaded in ${fruitless} attempts: ${fact.reason}`)
        : at({ ...stage, fruitless });
    }
    case 'never-comes':
      return stage.at === 'downloading' ? fail(`The bundle can't be downloaded: ${fact.reason}`) : state;
    case 'changed':
      if (stage.at !== 'downloading') return state;
      return stage.anew
        ? fail(
            'The server changes the bundle while it is downloaded, or knows no ranges: again it sent the whole bundle where a part of it was asked for.',
          )
        : at({ ...stage, anew: true });
    case 'mismatched':
      if (stage.at !== 'downloading') return state;
      // What was written before a power cut may be spoiled; what came in one go is what the server has.
      return fact.doubtful && !stage.anew
        ? at({ ...stage, anew: true })
        : fail("The bundle's SHA-256 is not the one that was announced.");
    case 'downloaded':
      return stage.at === 'downloading'
        ? progress(
            at({ at: 'verifying', anew: stage.anew }),
            id,
            'downloaded',
            `${deployment.bytes} bytes, as announced.`,
          )
        : state;
    case 'spoiled':
      if (stage.at !== 'verifying' && stage.at !== 'ready') return state;
      return stage.anew
        ? fail('What was downloaded does not stay as it is on the disk.')
        : at({ at: 'downloading', fruitless: 0, anew: true });
    case 'verified':
      if (stage.at !== 'verifying') return state;
      return deployment.mayInstall
        ? at({ at: 'ready', anew: stage.anew ?? false })
        : progress(
            at({ at: 'ready', anew: stage.anew ?? false }),
            id,
            'scheduled',
            'It waits for its maintenance window.',
          );
    case 'refused':
      return stage.at === 'verifying' ? fail(`The bundle is refused: ${fact.reason}`) : state;
    case 'installing': {
      if (stage.at !== 'ready' && stage.at !== 'installing') return state;
      const tries = stage.at === 'installing' ? stage.tries + 1 : 1;
      if (tries > MOST_INSTALLS) return fail(`Installing it was cut short ${MOST_INSTALLS} times.`);
      return progress(at({ at: 'installing', tries }), id, 'proceeding', 'Installing.');
    }
    case 'not-installed':
      return stage.at === 'installing' ? fail(`It could not be installed: ${fact.reason}`) : state;
    case 'installed': {
      if (stage.at !== 'installing') return state;
      const { slot, found = false } = fact;
      const trial = trialOf(slot, fact, found);
      return progress(at({ at: 'trial', ...trial }), id, 'proceeding', `On trial in slot ${slot}.`);
    }
    case 'looked':
      if (stage.at === 'trial') return tried(state, work, stage, fact.look, limits);
      return stage.at === 'falling-back' ? fellBack(state, work, stage, fact.look.slots) : state;
    case 'confirmed':
      return stage.at === 'confirming'
        ? ended(
            state,
            id,
            'success',
            `${deployment.kind}/${deployment.version} has stored a reading and had a post answered.`,
          )
        : state;
    case 'not-confirmed': {
      if (stage.at !== 'confirming') return state;
      const tries = stage.tries + 1;
      return tries < MOST_CONFIRMATIONS
        ? at({ ...stage, tries })
        : at({ ...stage, at: 'falling-back', reason: `It could not be confirmed: ${fact.reason}` });
    }
  }
}

function tried(
  state: UpdaterState,
  { deployment }: Work,
  stage: Extract<Stage, { readonly at: 'trial' }>,
  look: Look,
  { trialMs }: Limits,
): UpdaterState {
  const { now, slots, proof, starts } = look;
  const sameBoot = stage.bootId === now.bootId;
  const next = {
    ...stage,
    // In another boot it has been on trial from the first moment on.
    ...(!sameBoot && { bootId: now.bootId, since: 0, boots: stage.boots + 1 }),
    ran: stage.ran || proof !== undefined,
    stored: stage.stored || proof?.stored === true,
  };
  const at = (then: Stage) => ({ ...state, work: { deployment, stage: then } });
  const runs = slots.current === stage.slot;
  if (slots.trial !== stage.slot && !runs) {
    const how = next.boots > 1 ? 'The machine fell back when it started' : 'The device fell back';
    return ended(state, deployment.id, 'failure', `${how}: ${whyNot(next, starts)}${said(slots.reason)}`);
  }
  if (runs && proof?.stored && proof.answered) return at({ ...next, at: 'confirming', tries: 0 });
  const tookMs = now.monotonic - next.since;
  if (next.boots > MOST_BOOTS)
    return at({
      ...next,
      at: 'falling-back',
      reason: `The machine started ${next.boots} times while it was on trial.`,
    });
  if (tookMs >= trialMs) {
    const reason = `After ${Math.round(tookMs / 1_000)} s on trial it was given up: ${whyNot(next, starts)}`;
    return at({ ...next, at: 'falling-back', reason });
  }
  const isNews = !sameBoot || next.ran !== stage.ran || next.stored !== stage.stored;
  return isNews ? at(next) : state;
}

function fellBack(
  state: UpdaterState,
  { deployment: { id } }: Work,
  { slot, reason }: Extract<Stage, { readonly at: 'falling-back' }>,
  slots: Slots,
): UpdaterState {
  if (slots.trial === slot) return state; // on its way
  // A confirmation whose answer did not come, or somebody else's: there is nothing to fall back to.
  if (slots.primary === slot) return ended(state, id, 'success', `Slot ${slot} is confirmed, though: ${reason}`);
  return ended(state, id, 'failure', reason);
}

/** What kept a new agent from being confirmed, as far as was seen. */
function whyNot({ ran, stored, startsBefore }: Trial, starts: number): string {
  const often = starts - startsBefore;
  const crashed = often > 1 ? ` It started ${often} times.` : '';
  if (stored) return `it never had a post answered.${crashed}`;
  if (ran || often > 0) return `it never stored a reading.${crashed}`;
  return 'it never came up.';
}

function said(reason: string | undefined): string {
  return reason === undefined || reason === '' ? '' : ` The slots say: ${reason}.`;
}

function ended(state: UpdaterState, id: string, outcome: 'success' | 'failure', detail: string): UpdaterState {
  const last: Ended = { id, outcome, detail: detail.slice(0, MOST_DETAIL) };
  return tell({ ...state, work: undefined, last }, endOf(last));
}

function endOf({ id, outcome, detail }: Ended): Feedback {
  if (outcome === 'cancelled')
    return { to: 'deploymentBase', id, execution: 'canceled', finished: 'none', details: [detail] };
  return { to: 'deploymentBase', id, execution: 'closed', finished: outcome, details: [detail] };
}

function progress(state: UpdaterState, id: string, execution: Feedback['execution'], detail: string): UpdaterState {
  return tell(state, { to: 'deploymentBase', id, execution, finished: 'none', details: [detail] });
}

/** Progress that could not be told yet gives way to what came after it; an end never does. */
function tell(state: UpdaterState, feedback: Feedback): UpdaterState {
  const kept = state.outbox.filter(
    ({ to, id, finished }) => !(to === 'deploymentBase' && id === feedback.id && finished === 'none'),
  );
  return { ...state, outbox: [...kept, feedback].slice(-MOST_FEEDBACK) };
}
