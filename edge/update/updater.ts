import type { Duration } from '@tashika/shared/time';
import { Asking } from './asking.ts';
import { Bundles } from './bundles.ts';
import { commandOf } from './command.ts';
import { Downloading } from './downloading.ts';
import { Installing } from './installing.ts';
import { KeptState } from './kept-state.ts';
import type { UpdaterParts } from './parts.ts';
import type { UpdaterState } from './state.ts';
import { Telling } from './telling.ts';
import { Trying } from './trying.ts';
import { Waiting } from './waiting.ts';

/** After what should not be, such as a disk that takes no note. */
const AFTER_TROUBLE: Duration = 60_000;

/**
 * Asks what is to be installed, and brings it to its end: one thing at a time, each step in the state file before the
 * next one, so that a kill at any moment is gone on from.
 */
export class Updater {
  readonly #parts: UpdaterParts;
  readonly #kept: KeptState;
  readonly #bundles: Bundles;
  readonly #waiting: Waiting;
  readonly #asking: Asking;
  readonly #telling: Telling;
  readonly #downloading: Downloading;
  readonly #installing: Installing;
  readonly #trying: Trying;

  private constructor(parts: UpdaterParts, kept: KeptState) {
    this.#parts = parts;
    this.#kept = kept;
    this.#bundles = new Bundles(parts.settings.directory);
    this.#waiting = new Waiting(parts);
    this.#asking = new Asking(parts, kept);
    this.#telling = new Telling(parts, kept);
    this.#downloading = new Downloading(parts, kept, this.#bundles, this.#waiting);
    this.#installing = new Installing(parts, kept, this.#bundles, this.#waiting);
    this.#trying = new Trying(parts, kept, this.#telling);
  }

  /** Goes on where the last updater in the directory was. */
  static async open(parts: UpdaterParts): Promise<Updater> {
    return new Updater(parts, await KeptState.open(parts));
  }

  get state(): UpdaterState {
    return this.#kept.state;
  }

  /**
   * Works until `stop` is aborted; with `once`, asks one time and brings what is there to its end, or to where it has to
   * wait for its window.
   *
   * @returns whether the server was reached the last time
   */
  async run(stop: AbortSignal, once = false): Promise<boolean> {
    const { clock, logger } = this.#parts;
    let reached = true;
    let polled = false;
    if (!once) this.#asking.waitForOwnMoment();
    while (!stop.aborted) {
      let waitMs: Duration;
      try {
        if (clock.monotonic() >= this.#asking.dueAt && !(once && polled)) {
          reached = await this.#ask(stop);
          polled = true;
        }
        waitMs = stop.aborted ? 0 : await this.#work(stop);
        await this.#telling.tell(stop);
      } catch (err) {
        if (stop.aborted) break;
        logger.error({ err }, 'the updater could not go on; it tries again');
        waitMs = AFTER_TROUBLE;
      }
      if (once && polled && waitMs === Number.POSITIVE_INFINITY) break;
      const now = clock.monotonic();
      const toAsk = once ? Number.POSITIVE_INFINITY : this.#asking.dueAt - now;
      const toTell = once ? Number.POSITIVE_INFINITY : Math.max(1, this.#telling.dueAt - now);
      const pause = Math.min(waitMs, toAsk, toTell);
      if (pause > 0) await clock.sleep(pause, stop).catch(() => undefined);
    }
    await this.#bundles.close();
    return reached;
  }

  async #ask(stop: AbortSignal): Promise<boolean> {
    const before = this.state.work?.deployment.id;
    const reached = await this.#asking.ask(stop);
    if (this.state.work?.deployment.id !== before) this.#downloading.startAfresh();
    return reached;
  }

  /** Does what the state asks for; resolves with how long to wait before the next look at it. */
  async #work(stop: AbortSignal): Promise<Duration> {
    const { work } = this.state;
    if (!work) {
      // Before the server has said what it wants, a bundle may be of what a damaged state file has forgotten.
      if (this.#asking.told) await this.#bundles.removeAll();
      return Number.POSITIVE_INFINITY;
    }
    const installer = this.#parts.installers[work.deployment.kind];
    switch (commandOf(this.state)) {
      case 'rest':
        return Number.POSITIVE_INFINITY;
      case 'download':
        return this.#downloading.goOn(work.deployment, stop);
      case 'verify':
        await this.#installing.verify(work.deployment, installer, stop);
        return 0;
      case 'install': {
        const wait = work.stage.at === 'ready' ? await this.#installing.before(installer, stop) : undefined;
        this.#waiting.note(wait?.why);
        if (wait) return wait.waitMs;
        await this.#installing.install(work, installer, stop);
        return 0;
      }
      case 'look':
        return this.#trying.look(work, installer, stop);
      case 'confirm':
        return this.#trying.confirm(work, installer, stop);
      case 'fall-back':
        return this.#trying.fallBack(work, installer, stop);
    }
  }
}
