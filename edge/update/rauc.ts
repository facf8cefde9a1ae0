import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { TashikaError } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import { childEnvironment } from '../child-environment.ts';
import { type CommandEnd, runCommand } from '../command/index.ts';
import type { BundleInfo, Installer, Slots } from './installer.ts';

export interface RaucOptions {
  /** RAUC's settings of the slots (its manual, "System Configuration File"). */
  readonly conf: string;
  /** The slots' own program, which is RAUC's custom backend as well. */
  readonly slots: readonly string[];
  readonly installMs: Duration;
}

const LOCK = 'install.lock';
const SOON: Duration = 120_000;
const MOST_OUTPUT = 65_536;
const MOST_SAID = 300;

/*
 * RAUC's service has one name on a bus, and installs for the system's slots there. A bus of its own lets each kind of
 * slots have its settings, and needs no service of the system's to run. What an updater leaves behind that is killed alone
 * goes on writing, so who comes after it waits: all of it holds the lock. `$1` settings, `$2` slot, `$3` bundle, `$4` lock.
 */
const INSTALL = `
exec 8>>"$4"
flock 8
export DBUS_STARTER_BUS_TYPE=session
rauc -c "$1" --override-boot-slot="$2" service & service=$!
trap 'kill $service 2>/dev/null' EXIT
n=0
until rauc status >/dev/null 2>&1; do
  n=$((n + 1))
  [ $n -lt 100 ] && kill -0 $service 2>/dev/null || { echo 'RAUC does not start' >&2; exit 70; }
  sleep 0.1
done
rauc install "$3"
`;

/** What RAUC calls the slot that runs where it is none of those that it knows. */
const NO_SLOT = '_external_';

/** Installs with RAUC, by its command line. */
export function raucInstaller({ conf, slots, installMs }: RaucOptions): Installer {
  const [program = '', ...first] = slots;
  const options = { mostOutput: MOST_OUTPUT, env: childEnvironment() };

  async function ofSlots(signal: AbortSignal, ...args: readonly string[]): Promise<string> {
    const ran = await runCommand(program, [...first, ...args], { ...options, timeoutMs: SOON, signal });
    if (ran.how !== 'exit 0') throw new Error(`${program} ${args.join(' ')}: ${saidBy(ran)}`);
    return ran.stdout;
  }
  const statusOf = async (signal: AbortSignal) => slotsOf(await ofSlots(signal, 'status'));

  return {
    async board() {
      const text = await readFile(conf, 'utf8').catch(() => '');
      return /^compatible=(.+)$/m.exec(text)?.[1]?.trim();
    },
    async verify(bundle, signal) {
      const args = ['-c', conf, 'info', '--output-format=json', bundle];
      const ran = await runCommand('rauc', args, { ...options, timeoutMs: SOON, signal });
      if (ran.how !== 'exit 0') throw raucError(ran);
      return infoOf(ran.stdout);
    },
    async install(bundle, signal) {
      const running = (await statusOf(signal)).current ?? NO_SLOT;
      const args = ['--', 'sh', '-c', INSTALL, 'sh', conf, running, bundle, join(dirname(bundle), LOCK)];
      const ran = await runCommand('dbus-run-session', args, { ...options, timeoutMs: installMs, signal });
      if (ran.how !== 'exit 0') throw raucError(ran);
      const { trial } = await statusOf(signal);
      if (trial === undefined) throw new Error('RAUC is done, and no slot waits for its trial.');
      return trial;
    },
    slots: statusOf,
    startTrial: async (signal) => void (await ofSlots(signal, 'start-trial')),
    confirm: async (slot, signal) => void (await ofSlots(signal, 'confirm', slot)),
    async fallBack(slot, signal) {
      const { current, trial } = await statusOf(signal);
      // One that runs ends its trial by being started anew; one that never ran must not be tried any more.
      if (current === slot) await ofSlots(signal, 'expire', '0');
      else if (trial === slot) await ofSlots(signal, 'set-state', slot, 'bad');
    },
  };
}

function slotsOf(json: string): Slots {
  const told = JSON.parse(json) as Readonly<Record<string, unknown>>;
  const { current, primary, trial, triesLeft, fellBackFrom, reason } = told;
  const slot = (name: unknown) => (name === 'A' || name === 'B' ? name : undefined);
  return {
    current: slot(current),
    primary: slot(primary),
    trial: slot(trial),
    triesLeft: typeof triesLeft === 'number' ? triesLeft : 0,
    fellBackFrom: slot(fellBackFrom),
    reason: typeof reason === 'string' ? reason : undefined,
  };
}

function infoOf(json: string): BundleInfo {
  // RAUC's messages may stand before it.
  const line = json.split('\n').find((each) => each.startsWith('{')) ?? '{}';
  const { compatible, version } = JSON.parse(line) as Readonly<Record<string, unknown>>;
  return { compatible: String(compatible ?? ''), version: String(version ?? '') };
}

function raucError(ran: CommandEnd): TashikaError {
  return new TashikaError('UPDATE_REFUSED', saidBy(ran));
}

/** What a program said of its failure: RAUC's own summary, else the first line of a trouble, else its last words. */
function saidBy({ how, output }: CommandEnd): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^\d+%|^installing$|^rauc-Message:|^dbus-daemon\[/.test(line));
  const told =
    lines.find((line) => line.startsWith('LastError: '))?.slice('LastError: '.length) ??
    lines.find((line) => /error|fail|mismatch|invalid|refus|can't|cannot/i.test(line)) ??
    lines.at(-1);
  return told === undefined ? how : `${told.slice(0, MOST_SAID)} (${how})`;
}
