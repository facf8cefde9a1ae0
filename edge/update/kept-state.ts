import type { Fact } from './fact.ts';
import type { UpdaterParts } from './parts.ts';
import type { UpdaterState } from './state.ts';
import { readState, writeState } from './state-file.ts';
import { step } from './step.ts';

type Parts = Pick<UpdaterParts, 'settings' | 'logger'>;

/** What the updater is at: each step is in the state file before anybody acts on it. */
export class KeptState {
  readonly #parts: Parts;
  #state: UpdaterState;

  private constructor(parts: Parts, state: UpdaterState) {
    this.#parts = parts;
    this.#state = state;
  }

  /** Goes on where the last updater in the directory was. */
  static async open(parts: Parts): Promise<KeptState> {
    const { state, damage } = await readState(parts.settings.directory);
    if (damage !== undefined)
      parts.logger.warn(
        { damage },
        'what the updater was at can not all be read; it asks the server what is to be done',
      );
    return new KeptState(parts, state);
  }

  get state(): UpdaterState {
    return this.#state;
  }

  /** Takes the step that a fact asks for. It rejects as the disk does, and then no step was taken. */
  async apply(fact: Fact): Promise<void> {
    const before = this.#state;
    const next = step(before, fact, this.#parts.settings);
    if (next === before) return;
    await writeState(this.#parts.settings.directory, next);
    this.#state = next;
    this.#log(before, next);
  }

  #log(before: UpdaterState, next: UpdaterState): void {
    const { logger } = this.#parts;
    const { work, last } = next;
    if (work && (work.stage.at !== before.work?.stage.at || work.deployment.id !== before.work.deployment.id)) {
      const { id, kind, version } = work.deployment;
      const reason = work.stage.at === 'falling-back' ? work.stage.reason : undefined;
      logger.info({ action: id, image: `${kind}/${version}`, stage: work.stage.at, reason }, 'update');
    }
    if (last && last !== before.last) {
      const level = last.outcome === 'failure' ? 'error' : 'info';
      logger[level]({ action: last.id, outcome: last.outcome, detail: last.detail }, 'the update is over');
    } else if (!work && before.work) logger.info({ action: before.work.deployment.id }, 'the server wants it no more');
  }
}
