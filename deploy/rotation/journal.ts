import { TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Beginning } from './decide.ts';
import { SLOTS, type Slot } from './slots.ts';

/** What a rotation writes down, in Vault. There is no secret in it. */
export interface Journal {
  /** The rule of Azure that it is about, as its resource id. */
  readonly resource: string;
  /** What it set out from; undefined once it is finished. */
  readonly begun: Beginning | undefined;
  readonly begunAt: Timestamp;
  /** Undefined while it is not finished. */
  readonly finishedAt: Timestamp | undefined;
  /** The run that works on it, or did last. */
  readonly run: string;
  /** Nobody else works on it until then. */
  readonly heldUntil: Timestamp;
}

/** Where a journal is kept. */
export interface JournalStore {
  read(): Promise<{ readonly journal: Journal; readonly version: number } | undefined>;
  /**
   * @param version the version that must be the latest still; 0 where there must be none
   * @returns the new version
   * @throws TashikaError VAULT_CHANGED_MEANWHILE
   */
  write(journal: Journal, version: number): Promise<number>;
}

/**
 * How long a journal is one run's without another word of it: longer than a request that it may have left under way can
 * still take effect.
 */
export const HELD_MS: Duration = 90_000;

/** How much of it must be left when a request is begun: as long as one may take. */
const REQUEST_MS: Duration = 40_000;

/**
 * A journal that this run alone works on. Before each effect it is written anew on condition that nobody else has, so of
 * two runs that want the same step one goes on and the other is refused before it has done anything.
 */
export class HeldJournal {
  readonly #store: JournalStore;
  readonly #clock: Clock;
  readonly #run: string;
  #journal: Journal | undefined;
  #version: number;

  private constructor(
    parts: { readonly store: JournalStore; readonly clock: Clock; readonly run: string },
    journal: Journal | undefined,
    version: number,
  ) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#run = parts.run;
    this.#journal = journal;
    this.#version = version;
  }

  /**
   * Takes the journal over where nobody holds it. Where there is none, nothing is written before `begin`.
   *
   * @param options `takeover`: also where somebody does, who is known to have ended
   * @throws TashikaError ROTATION_HELD, ROTATION_REFUSED for a rotation of another rule that is not finished
   */
  static async take(
    parts: { readonly store: JournalStore; readonly clock: Clock; readonly run: string },
    resource: string,
    options: { readonly takeover: boolean },
  ): Promise<HeldJournal> {
    const found = await parts.store.read();
    const held = new HeldJournal(parts, found?.journal, found?.version ?? 0);
    if (!found) return held;
    const { journal } = found;
    requireSameResource(journal, resource);
    if (journal.heldUntil > parts.clock.now() && !options.takeover) throw heldByAnother(journal, parts.clock.now());
    if (journal.begun) await held.hold();
    return held;
  }

  get begun(): Beginning | undefined {
    return this.#journal?.begun;
  }

  begin(resource: string, begun: Beginning): Promise<void> {
    const now = this.#clock.now();
    return this.#write({
      resource,
      begun,
      begunAt: now,
      finishedAt: undefined,
      run: this.#run,
      heldUntil: now + HELD_MS,
    });
  }

  /** Holds it for `HELD_MS` more. @throws TashikaError ROTATION_HELD */
  async hold(): Promise<void> {
    await this.#write({ ...this.#journal!, run: this.#run, heldUntil: this.#clock.now() + HELD_MS });
    if (this.#journal!.heldUntil - this.#clock.now() > REQUEST_MS) return;
    throw new TashikaError(
      'ROTATION_HELD',
      'This run stood still for so long that another one may have taken the rotation over; it has stopped before its next step. Run it again.',
    );
  }

  /** Holds it for longer if half of the time is over. */
  async keep(): Promise<void> {
    if (this.#journal && this.#journal.heldUntil - this.#clock.now() < HELD_MS / 2) await this.hold();
  }

  finish(): Promise<void> {
    return this.#write({ ...this.#journal!, begun: undefined, finishedAt: this.#clock.now(), heldUntil: 0 });
  }

  /** Lets others work on it at once. */
  async release(): Promise<void> {
    if (this.#journal?.begun) await this.#write({ ...this.#journal, heldUntil: 0 });
  }

  async #write(journal: Journal): Promise<void> {
    try {
      this.#version = await this.#store.write(journal, this.#version);
    } catch (error) {
      if (!(error instanceof TashikaError) || error.code !== 'VAULT_CHANGED_MEANWHILE') throw error;
      throw new TashikaError(
        'ROTATION_HELD',
        'Another run works on this rotation: it wrote the journal after this one had read it. This run has stopped before its next step; see how the other one ends.',
        { cause: error },
      );
    }
    this.#journal = journal;
  }
}

/** @throws TashikaError ROTATION_REFUSED where a rotation of another rule is not finished */
export function requireSameResource(journal: Journal, resource: string): void {
  if (!journal.begun || journal.resource.toLowerCase() === resource.toLowerCase()) return;
  throw new TashikaError(
    'ROTATION_REFUSED',
    `A rotation of ${journal.resource} was begun ${utc(journal.begunAt)} and is not finished, and this one is of ${resource}. Finish that one first, with the options that it was begun with.`,
  );
}

function heldByAnother(journal: Journal, now: Timestamp): TashikaError {
  const seconds = Math.ceil((journal.heldUntil - now) / 1000);
  return new TashikaError(
    'ROTATION_HELD',
    `Run ${journal.run} works on this rotation. If it was killed, run this again in ${seconds} s, or at once with --takeover.`,
  );
}

/** The journal as the fields of a secret. */
export function journalFields(journal: Journal): Record<string, string> {
  const { resource, begun, begunAt, finishedAt, run, heldUntil } = journal;
  return {
    resource,
    begunAt: utc(begunAt),
    ...(finishedAt !== undefined && { finishedAt: utc(finishedAt) }),
    run,
    heldUntil: utc(heldUntil),
    ...(begun && { inUse: begun.inUse, primaryBefore: begun.before.primary, secondaryBefore: begun.before.secondary }),
  };
}

/** @throws TashikaError ROTATION_REFUSED for fields that are no journal */
export function journalOf(fields: Readonly<Record<string, string>>, path: string): Journal {
  const { resource, begunAt, finishedAt, run, heldUntil, inUse, primaryBefore, secondaryBefore } = fields;
  const [begunTime, heldTime, finishedTime] = [begunAt, heldUntil, finishedAt].map((text) => Date.parse(text ?? ''));
  const isBegun = SLOTS.includes(inUse as Slot) && primaryBefore && secondaryBefore;
  const isFinished = !Number.isNaN(finishedTime);
  if (!resource || !run || Number.isNaN(begunTime) || Number.isNaN(heldTime) || !(isBegun || isFinished))
    throw new TashikaError(
      'ROTATION_REFUSED',
      `${path} in Vault holds no journal of a rotation. See who wrote it (\`vault kv metadata get ${path}\`); once it is known to be nobody's, delete it with its versions (\`vault kv metadata delete ${path}\`) and run this again.`,
    );
  return {
    resource,
    run,
    begunAt: begunTime!,
    finishedAt: isFinished ? finishedTime : undefined,
    heldUntil: heldTime!,
    begun:
      isBegun && !isFinished
        ? { inUse: inUse as Slot, before: { primary: primaryBefore, secondary: secondaryBefore } }
        : undefined,
  };
}

function utc(time: Timestamp): string {
  return new Date(time).toISOString();
}
