import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { loadEdgeConfiguration } from '../../config/index.ts';
import { type Proof, writeProof } from '../../proof/index.ts';
import { openUpdater } from '../open.ts';
import { NOTHING_DONE, type UpdaterState } from '../state.ts';
import { LeapingClock } from './leaping-clock.ts';
import { installersOf, type ScriptedImage, ScriptedSlots } from './scripted-slots.ts';

/** In memory where there is such a place: the updater forces each step onto the disk, and a test waits for nothing. */
const PLACE = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** A device with slots and an agent that a test plays, and its updater, which may be killed and started again. */
export class UpdatingDevice {
  readonly directory = mkdtempSync(join(PLACE, 'tashika-update-'));
  /** The agent's, beside the updater's own. */
  readonly dataDirectory = join(this.directory, 'data');
  readonly clock = new LeapingClock();
  readonly slots: ScriptedSlots;
  readonly said: string[] = [];
  /** What the agent in the slot that runs says; undefined where none says anything. */
  agentSays: (version: string) => Pick<Proof, 'stored' | 'answered'> | undefined = () => ({
    stored: true,
    answered: true,
  });
  held = 0;
  failuresInRow = 0;
  settings: Record<string, string> = {};
  readonly #url: string;
  #startedAt = 0;
  #running: string;

  constructor(url: string, image: ScriptedImage, running = '1.0.0') {
    mkdirSync(this.dataDirectory);
    this.#url = url;
    this.slots = new ScriptedSlots(image, running);
    this.#running = running;
    this.clock.onLeap = () => this.#prove();
  }

  /** Runs an updater until `stop`, and leaves its files as a kill does: nothing is written down at the end. */
  async updateKilled(stop: AbortSignal): Promise<void> {
    await this.update(stop, true, async (close) => {
      const file = join(this.directory, 'uplink-use.json');
      const kept = existsSync(file) ? readFileSync(file) : undefined;
      await close();
      if (kept) writeFileSync(file, kept);
      else rmSync(file, { force: true });
    });
  }

  /** Runs an updater to the end of what there is to do, or to what a test throws. */
  async update(
    stop: AbortSignal = new AbortController().signal,
    once = true,
    end = (close: () => Promise<void>) => close(),
  ): Promise<boolean> {
    const { directory, clock } = this;
    const write = { write: (line: string) => void this.said.push((JSON.parse(line) as { msg: string }).msg) };
    const opened = await openUpdater(this.configuration, {
      ...{ url: this.#url, clock, random: () => 0.5, logger: pino({}, write) },
      installers: installersOf(this.#speaking()),
      serialFile: join(directory, 'no-serial'),
    });
    await this.#prove();
    try {
      return await opened.updater.run(stop, once);
    } finally {
      await end(() => opened.close());
    }
  }

  get configuration() {
    const { directory } = this;
    return loadEdgeConfiguration(undefined, {
      TASHIKA_EDGE_DATA_DIRECTORY: this.dataDirectory,
      TASHIKA_EDGE_UPDATE_DIRECTORY: directory,
      TASHIKA_EDGE_UPDATE_PROOF_FILE: join(directory, 'agent-proof.json'),
      TASHIKA_EDGE_UPDATE_SYSTEM_IMAGE_FILE: join(directory, 'image.json'),
      TASHIKA_EDGE_UPDATE_PIECE_BYTES: '1024',
      TASHIKA_EDGE_UPDATE_FREE_BYTES: '0',
      TASHIKA_EDGE_CLOCK_TRUSTED: 'always',
      ...this.settings,
    });
  }

  /** What the updater remembers on the disk. */
  get state(): UpdaterState {
    try {
      return JSON.parse(readFileSync(join(this.directory, 'update.json'), 'utf8')) as UpdaterState;
    } catch {
      return NOTHING_DONE;
    }
  }

  remove(): void {
    rmSync(this.directory, { recursive: true });
  }

  /** The slots, and the agent in them, which says how it is whenever the updater looks. */
  #speaking(): ScriptedSlots {
    const { slots } = this;
    const speaking = Object.create(slots) as ScriptedSlots;
    speaking.slots = async () => {
      await this.#prove();
      return slots.slots();
    };
    for (const name of ['install', 'startTrial', 'confirm', 'fallBack'] as const)
      Object.assign(speaking, { [name]: (...args: [never]) => slots[name](...args) });
    return speaking;
  }

  async #prove(): Promise<void> {
    const { running } = this.slots;
    if (running !== this.#running) this.#startedAt = this.clock.monotonic();
    this.#running = running;
    const says = this.agentSays(running);
    if (!says) return;
    const { bootId } = this.clock;
    const at = { startedAt: this.#startedAt, writtenAt: this.clock.monotonic() };
    const { held, failuresInRow } = this;
    await writeProof(join(this.directory, 'agent-proof.json'), {
      ...{ v: 1, version: running, bootId, ...at, held, failuresInRow },
      ...says,
    });
  }
}
