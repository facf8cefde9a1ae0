import { isTashikaError, TashikaError } from '@tashika/shared/errors';
import { type Fingerprint, fingerprintIn, fingerprintOf } from '@tashika/shared/fingerprint';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import { type Beginning, decide, type Facts, isStep, type Step, stepsAhead } from './decide.ts';
import { HeldJournal, requireSameResource } from './journal.ts';
import { obstacleError } from './obstacle.ts';
import type { Keys, RotationPorts } from './ports.ts';
import { requireOwnRule, requireUsedCredential } from './precautions.ts';
import type { PerSlot, RuleKind } from './slots.ts';

export interface RotationOptions {
  readonly rule: RuleKind;
  readonly ports: RotationPorts;
  readonly clock: Clock;
}

export interface RunOptions extends RotationOptions {
  /** Names this run in the journal. */
  readonly run: string;
  /** Works on also where another run does, which is known to have ended. */
  readonly takeover?: boolean;
  /** How long to wait, each time, until everybody is seen to use a key. */
  readonly proveWithinMs: Duration;
  /** Goes on when that time is over, although it was not seen: somebody has seen it elsewhere. */
  readonly unproved?: boolean;
  /** Between two looks. */
  readonly lookEveryMs: Duration;
  /** Stops before the next step. */
  readonly signal?: AbortSignal;
  /** Told of each step before it is done. */
  readonly onStep?: (step: Step, facts: Facts) => void;
  /** Told of what is still to be seen, at each look. */
  readonly onDoubts?: (doubts: readonly string[]) => void;
}

/** What there is to see before anything is done. */
export interface Survey {
  readonly facts: Facts;
  /** What is to be done, in its order. */
  readonly steps: readonly Step[];
  /** When the rotation was begun that is gone on with; undefined where none is. */
  readonly begunAt: Timestamp | undefined;
  /** When the one before was finished, where one was. */
  readonly finishedAt: Timestamp | undefined;
}

/** A rotation that went through. */
export interface Rotated {
  readonly before: PerSlot<Fingerprint>;
  readonly after: PerSlot<Fingerprint>;
}

/**
 * Looks at everything, changes nothing, and tells the steps ahead.
 *
 * @throws TashikaError ROTATION_REFUSED, ROTATION_KEY_UNKNOWN, VAULT_SECRET_MISSING, and what the ports throw
 */
export async function survey(options: RotationOptions): Promise<Survey> {
  const { ports } = options;
  const found = await ports.journal.read();
  if (found) requireSameResource(found.journal, ports.azure.resource);
  const { facts } = await look(options, found?.journal.begun, undefined);
  const { steps, obstacle } = stepsAhead(facts);
  if (obstacle) throw obstacleError(obstacle, facts, placesOf(ports));
  const { begun, begunAt, finishedAt } = found?.journal ?? {};
  return { facts, steps, begunAt: begun && begunAt, finishedAt };
}

/**
 * Rotates a rule's keys, or goes on where a run before ended. Whenever this ends early, it can be run again.
 *
 * @throws TashikaError ROTATION_REFUSED, ROTATION_KEY_UNKNOWN, ROTATION_HELD, ROTATION_UNPROVED,
 * VAULT_SECRET_MISSING, VAULT_CHANGED_MEANWHILE, and what the ports throw; the signal's reason
 */
export async function rotate(options: RunOptions): Promise<Rotated> {
  const { ports, clock, run } = options;
  await survey(options); // what can't be begun is not noted in the journal
  const journal = await HeldJournal.take({ store: ports.journal, clock, run }, ports.azure.resource, {
    takeover: options.takeover ?? false,
  });
  try {
    return await dance(options, journal);
  } catch (error) {
    // A key that may still be made is not to be met by another run: the journal stays held until it must be done.
    if (!(error instanceof Unanswered)) await journal.release().catch(() => {});
    throw error instanceof Unanswered ? error.cause : error;
  }
}

/** Whether a key was made is not known. */
class Unanswered extends Error {}

async function dance(options: RunOptions, journal: HeldJournal): Promise<Rotated> {
  const { ports, clock, signal } = options;
  let lastLook = 0;
  let proved: Fingerprint | undefined;
  let told: string | undefined;
  for (;;) {
    signal?.throwIfAborted();
    const { facts, keys } = await look(options, journal.begun, proved);
    const step = decide(facts);
    if (!isStep(step)) throw obstacleError(step, facts, placesOf(ports));
    const name = JSON.stringify(step);
    if (name !== told) {
      options.onStep?.(step, facts);
      lastLook = clock.monotonic() + options.proveWithinMs;
      told = name;
    }
    if (step.do === 'prove') {
      const doubts = await ports.witness.doubts(keys.azure[step.slot], keys.soracom);
      if (doubts.length > 0) options.onDoubts?.(doubts);
      const isOver = clock.monotonic() >= lastLook;
      if (doubts.length === 0 || (isOver && options.unproved)) proved = facts.azure[step.slot];
      else if (isOver) throw unseen(doubts);
      else await wait(options, journal);
    } else if (step.do === 'begin') {
      await journal.begin(ports.azure.resource, { inUse: step.inUse, before: facts.azure });
    } else if (step.do === 'finish') {
      const { before } = journal.begun!;
      await journal.finish();
      return { before, after: facts.azure };
    } else {
      await carryOut(step, keys, ports, () => journal.hold());
      proved = undefined; // a key that had to be put there again may have been out of use meanwhile
    }
  }
}

async function wait({ clock, lookEveryMs, signal }: RunOptions, journal: HeldJournal): Promise<void> {
  await journal.keep();
  await clock.sleep(lookEveryMs, signal);
}

function unseen(doubts: readonly string[]): TashikaError {
  return new TashikaError(
    'ROTATION_UNPROVED',
    `It could not be seen in time that everybody uses the key: ${doubts.join(' ')} Nothing is cut: both keys are good. See to it and run this again; it goes on from here.`,
  );
}

async function carryOut(
  step: Extract<Step, { do: 'regenerate' | 'put-in-vault' | 'put-in-soracom' }>,
  keys: Keys,
  { azure, vault, soracom }: RotationPorts,
  hold: () => Promise<void>,
): Promise<void> {
  const key = keys.azure[step.slot];
  if (step.do === 'regenerate') return regenerate(() => azure.regenerate(step.slot, hold));
  await hold();
  switch (step.do) {
    case 'put-in-vault':
      return vault.write(key, keys.vault!.version);
    case 'put-in-soracom':
      return soracom!.write({
        policyName: azure.name,
        key,
        description: withFingerprint(keys.soracom!.description, fingerprintOf(key)),
      });
  }
}

async function regenerate(request: () => Promise<void>): Promise<void> {
  try {
    await request();
  } catch (error) {
    if (!isTashikaError(error, 'AZURE_UNREACHABLE')) throw error;
    throw new Unanswered(error.message, { cause: error });
  }
}

/** The description with another fingerprint, all else as people wrote it. */
function withFingerprint(description: string, fingerprint: Fingerprint): string {
  return description.replace(fingerprintIn(description)!, fingerprint);
}

/** How everything is now. @throws TashikaError ROTATION_REFUSED */
async function look(
  { rule, ports }: RotationOptions,
  begun: Beginning | undefined,
  proved: Fingerprint | undefined,
): Promise<{ facts: Facts; keys: Keys }> {
  const { azure, vault, soracom } = ports;
  const [rights, vaultKey, credential] = await Promise.all([azure.rights(), vault.read(), soracom?.read()]);
  requireOwnRule(rule, { name: azure.name, rights }, { vault: vaultKey });
  if (soracom) requireUsedCredential(soracom.id, { soracom: credential });
  const azureKeys = await azure.keys();
  const facts: Facts = {
    rule,
    azure: { primary: fingerprintOf(azureKeys.primary), secondary: fingerprintOf(azureKeys.secondary) },
    vault: vaultKey && fingerprintOf(vaultKey.key),
    soracom: fingerprintIn(credential?.description),
    begun,
    proved,
  };
  return { facts, keys: { azure: azureKeys, vault: vaultKey, soracom: credential } };
}

function placesOf({ azure, vault, soracom }: RotationPorts) {
  return { resource: azure.resource, vaultPath: vault.path, credentialId: soracom?.id };
}
