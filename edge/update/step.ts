import { isReversible } from './command.ts';
import type { Fact, Limits } from './fact.ts';
import { cancelled, offered } from './offering.ts';
import { ended, progress } from './outbox.ts';
import type { Stage, UpdaterState, Work } from './state.ts';
import { fellBack, trialOf, tried } from './trial.ts';

const MOST_INSTALLS = 3;
const MOST_CONFIRMATIONS = 30;

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
      const { fellBackBefore = true } = stage.at === 'installing' ? stage : fact;
      return progress(at({ at: 'installing', tries, fellBackBefore }), id, 'proceeding', 'Installing.');
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
