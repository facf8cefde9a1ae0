import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { type Clock, type Duration, systemClock, type TimerHandle } from '@tashika/shared/time';
import { childEnvironment } from '../child-environment.ts';
import { StepWatch } from './steps.ts';

/** Whom to believe about the wall clock: the system's time service, or the operator. */
export type ClockTrust = 'auto' | 'always' | 'never';

/**
 * Asks one source whether the wall clock is synchronised; `undefined` where the source is not on this machine.
 *
 * @param jumped whether the clock has jumped since it was last known to be: what was noted before then says nothing
 * @param signal gives the asking up
 */
export type SynchronisationProbe = (jumped: boolean, signal?: AbortSignal) => Promise<boolean | undefined>;

const ASK_EVERY: Duration = 30_000;

/** systemd-timesyncd makes this file, on a tmpfs, when it has set the clock in this boot. */
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';

/**
 * What Linux offers, cheapest first. Node has no adjtimex(2); `timedatectl` reads it for every time service, and
 * `chronyc` serves systems without systemd. None of them has to be installed. The kernel takes its word back when
 * anybody but the time service sets the clock; the mark stays, so a clock that jumped is not believed by it, nor one
 * that is behind it.
 */
export const SYSTEM_PROBES: readonly SynchronisationProbe[] = [
  async (jumped) => {
    if (jumped) return undefined;
    const mark = await stat(TIMESYNCD_MARK).catch(() => undefined);
    return mark && mark.mtimeMs <= systemClock.now() ? true : undefined;
  },
  (_jumped, signal) =>
    answerOf('timedatectl', ['show', '--property=NTPSynchronized', '--value'], signal, (text) => text.trim() === 'yes'),
  (_jumped, signal) =>
    answerOf('chronyc', ['-n', 'tracking'], signal, (text) => /^Leap status\s*:\s*(Normal|Insert|Delete)/m.test(text)),
];

/** Whether the clock is synchronised, asked once. */
export async function askSynchronised(
  trust: ClockTrust,
  probes: readonly SynchronisationProbe[] = SYSTEM_PROBES,
  jumped = false,
  signal?: AbortSignal,
): Promise<boolean> {
  if (trust !== 'auto') return trust === 'always';
  for (const probe of probes) if (!signal?.aborted && (await probe(jumped, signal))) return true;
  return false;
}

/**
 * Keeps the answer at hand: a reading asks without waiting. Not synced until the first answer is in, and not from a
 * jump of the clock on until the system says so anew: readings taken meanwhile have ages, which are exact.
 */
export class SynchronisationWatch {
  #synced: boolean;
  /** The clock has jumped since it was last known to be synchronised. */
  #jumped = false;
  readonly #trust: ClockTrust;
  readonly #clock: Clock;
  readonly #probes: readonly SynchronisationProbe[];
  readonly #steps: StepWatch;
  #timer: TimerHandle | undefined;
  #asking: Promise<void> | undefined;
  readonly #stopped = new AbortController();

  constructor(options: { trust: ClockTrust; clock: Clock; probes?: readonly SynchronisationProbe[] }) {
    this.#trust = options.trust;
    this.#clock = options.clock;
    this.#probes = options.probes ?? SYSTEM_PROBES;
    this.#synced = options.trust === 'always';
    this.#steps = new StepWatch(options.clock);
  }

  get synced(): boolean {
    this.#look();
    return this.#synced;
  }

  /** Resolves when the first answer is in; goes on asking until `stop`. */
  start(): Promise<void> {
    this.#timer?.cancel();
    this.#asking ??= this.#ask().finally(() => {
      this.#asking = undefined;
      if (this.#stopped.signal.aborted || this.#trust !== 'auto') return;
      this.#timer = this.#clock.after(ASK_EVERY, () => {
        this.#look();
        void this.start();
      });
    });
    return this.#asking;
  }

  stop(): void {
    this.#stopped.abort();
    this.#timer?.cancel();
  }

  async #ask(): Promise<void> {
    for (;;) {
      const { steps } = this.#steps;
      const synced = await askSynchronised(this.#trust, this.#probes, this.#jumped, this.#stopped.signal);
      this.#look();
      if (this.#steps.steps !== steps) continue; // the answer is about the clock before the jump
      this.#synced = synced;
      if (synced) this.#jumped = false;
      return;
    }
  }

  /** A clock that jumps while it is not synced has perhaps just been set right: that is worth asking at once, too. */
  #look(): void {
    if (this.#trust !== 'auto' || !this.#steps.stepped()) return;
    this.#jumped ||= this.#synced;
    this.#synced = false;
    if (!this.#stopped.signal.aborted && this.#timer) void this.start();
  }
}

function answerOf(
  program: string,
  args: readonly string[],
  signal: AbortSignal | undefined,
  read: (stdout: string) => boolean,
): Promise<boolean | undefined> {
  // Node keeps what listens for a program that could not be started: on `signal` that would pile up for ever.
  const own = new AbortController();
  const end = () => own.abort(signal?.reason);
  if (signal?.aborted) end();
  signal?.addEventListener('abort', end, { once: true });
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { timeout: 5_000, killSignal: 'SIGKILL', encoding: 'utf8', env: childEnvironment(), signal: own.signal },
      (error, stdout) => {
        signal?.removeEventListener('abort', end);
        resolve(error ? undefined : read(stdout));
      },
    );
  });
}
