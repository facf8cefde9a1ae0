import type { BundleInfo, Installer, Installers, Slots } from '../installer.ts';

/** What a bundle of a test is, and what becomes of it. */
export interface ScriptedImage extends BundleInfo {
  /** What `rauc info` says against it. */
  readonly flaw?: string;
  /** What `rauc install` says against it. */
  readonly trouble?: string;
  /** Whether its agent falls back by itself once it is started. */
  readonly crashes?: boolean;
}

/** Two slots that behave as the image's scripts do: a trial has one try, and whatever ends it brings the old one back. */
export class ScriptedSlots implements Installer {
  readonly image: ScriptedImage;
  current = 'A';
  primary = 'A';
  trial: string | undefined;
  triesLeft = 0;
  fellBackFrom: string | undefined;
  reason: string | undefined;
  /** Everything that was asked for and changes something, in order. */
  readonly done: string[] = [];
  /** Called before each of them; a test throws there. */
  before: (what: string) => void = () => undefined;
  /** The version that runs in each slot. */
  readonly versions: Record<string, string>;

  constructor(image: ScriptedImage, running: string) {
    this.image = image;
    this.versions = { A: running };
  }

  get running(): string {
    return this.versions[this.current]!;
  }

  async board(): Promise<string> {
    return 'test-board';
  }

  async verify(): Promise<BundleInfo> {
    this.before('verify');
    if (this.image.flaw !== undefined) throw new Error(this.image.flaw);
    return this.image;
  }

  async install(): Promise<string> {
    this.#does('install');
    const slot = this.current === 'A' ? 'B' : 'A';
    if (this.image.trouble !== undefined) throw new Error(this.image.trouble);
    this.versions[slot] = this.image.version;
    this.trial = slot;
    this.triesLeft = 1;
    this.fellBackFrom = undefined;
    this.reason = undefined;
    this.before('installed'); // written, and nobody has heard of it
    return slot;
  }

  async slots(): Promise<Slots> {
    const { current, primary, trial, triesLeft, fellBackFrom, reason } = this;
    return { current, primary, trial, triesLeft, fellBackFrom, reason };
  }

  async startTrial(): Promise<void> {
    this.#does('start-trial');
    if (this.trial === undefined || this.triesLeft === 0) throw new Error('no slot waits for a trial');
    this.triesLeft = 0;
    this.current = this.trial;
    if (this.image.crashes) this.restart();
    this.before('started');
  }

  async confirm(slot: string): Promise<void> {
    this.#does('confirm');
    if (slot !== this.current) throw new Error(`slot ${this.current} runs, and not slot ${slot}`);
    if (this.trial === slot) {
      this.primary = slot;
      this.trial = undefined;
    }
    this.before('is confirmed');
  }

  async fallBack(slot: string): Promise<void> {
    this.#does('fall-back');
    if (this.current === slot) this.restart();
    else if (this.trial === slot) this.trial = undefined;
    this.before('fell back');
  }

  /** The agent is started once more, and a trial is over. */
  restart(): void {
    if (this.trial === undefined || this.triesLeft > 0) return;
    this.fellBackFrom = this.trial;
    this.reason = `slot ${this.trial}: it had its one try and was not confirmed`;
    this.trial = undefined;
    this.current = this.primary;
  }

  #does(what: string): void {
    this.before(what);
    this.done.push(what);
  }
}

/** The same slots for both kinds. */
export function installersOf(slots: Installer): Installers {
  return { agent: slots, system: slots };
}
