import { execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';

/** Whom to believe about the wall clock: the system's time service, or the operator. */
export type ClockTrust = 'auto' | 'always' | 'never';

/** Asks one source whether the wall clock is synchronised; `undefined` where the source is not on this machine. */
export type SynchronisationProbe = () => Promise<boolean | undefined>;

const ASK_EVERY: Duration = 30_000;

/** systemd-timesyncd makes this file, on a tmpfs, when it has set the clock in this boot. */
const TIMESYNCD_MARK = '/run/systemd/timesync/synchronized';

/**
 * What Linux offers, cheapest first. Node has no adjtimex(2); `timedatectl` reads it for every time service, and
 * `chronyc` serves systems without systemd. None of them has to be installed.
 */
export const SYSTEM_PROBES: readonly SynchronisationProbe[] = [
  () =>
    access(TIMESYNCD_MARK).then(
      () => true,
      () => undefined,
    ),
  () => answerOf('timedatectl', ['show', '--property=NTPSynchronized', '--value'], (text) => text.trim() === 'yes'),
  () => answerOf('chronyc', ['-n', 'tracking'], (text) => /^Leap status\s*:\s*(Normal|Insert|Delete)/m.test(text)),
];

/** Whether the clock is synchronised, asked once. */
export async function askSynchronised(
  trust: ClockTrust,
  probes: readonly SynchronisationProbe[] = SYSTEM_PROBES,
): Promise<boolean> {
  if (trust !== 'auto') return trust === 'always';
  for (const probe of probes) if (await probe()) return true;
  return false;
}

/** Keeps the answer at hand: a reading asks without waiting. Not synced until the first answer is in. */
export class SynchronisationWatch {
  #synced: boolean;
  readonly #trust: ClockTrust;
  readonly #clock: Clock;
  readonly #probes: readonly SynchronisationProbe[];
  #timer: TimerHandle | undefined;
  #stopped = false;

  constructor(options: { trust: ClockTrust; clock: Clock; probes?: readonly SynchronisationProbe[] }) {
    this.#trust = options.trust;
    this.#clock = options.clock;
    this.#probes = options.probes ?? SYSTEM_PROBES;
    this.#synced = options.trust === 'always';
  }

  get synced(): boolean {
    return this.#synced;
  }

  /** Resolves when the first answer is in; goes on asking until `stop`. */
  async start(): Promise<void> {
    this.#synced = await askSynchronised(this.#trust, this.#probes);
    if (this.#stopped || this.#trust !== 'auto') return;
    this.#timer = this.#clock.after(ASK_EVERY, () => void this.start());
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }
}

function answerOf(
  program: string,
  args: readonly string[],
  read: (stdout: string) => boolean,
): Promise<boolean | undefined> {
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { timeout: 5_000, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C' } },
      (error, stdout) => resolve(error ? undefined : read(stdout)),
    );
  });
}
