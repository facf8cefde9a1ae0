import { TashikaError } from '@tashika/shared/errors';
import { fingerprintIn, fingerprintOf } from '@tashika/shared/fingerprint';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Journal } from '../journal.ts';
import type { RotationPorts } from '../ports.ts';
import type { RuleKind, Slot } from '../slots.ts';

/** A clock that a sleep moves on at once. */
export class HastyClock implements Clock {
  time = Date.UTC(2026, 0, 31, 12);

  now(): number {
    return this.time;
  }

  monotonic(): Duration {
    return this.time;
  }

  after(): TimerHandle {
    throw new Error('Nothing here waits by a timer.');
  }

  async sleep(delayMs: Duration, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.time += delayMs;
  }
}

/** What becomes of a write to one of the places. */
export type Fate =
  | 'done'
  /** The process ends before it is sent. */
  | 'killed-before'
  /** It is done, and the process ends before it hears so. */
  | 'killed-after'
  /** It is not done, and the process hears of an error. */
  | 'failed'
  /** It is done, and the process hears of an error. */
  | 'answer-lost';

export const FATES: readonly Exclude<Fate, 'done'>[] = ['killed-before', 'killed-after', 'failed', 'answer-lost'];

/** The process has ended. */
export class Killed extends Error {}

/**
 * Azure, Vault, SORACOM and those who use the keys, in memory. After everything that happens it is looked whether anybody
 * uses a key that Azure does not take: then the flow is cut.
 */
export class World {
  readonly rule: RuleKind;
  readonly clock = new HastyClock();
  readonly azure: Record<Slot, string> = { primary: 'primary-0', secondary: 'secondary-0' };
  rights = ['Send'];
  policyName = 'rule';
  vault: { key: string; version: number } | undefined = { key: 'primary-0', version: 1 };
  soracom: { key: string; description: string } | undefined;
  usedBy = ['group'];
  journal: { journal: Journal; version: number } | undefined;
  /** The keys that Funnel, or each worker, uses. They follow Vault and SORACOM one by one, and late. */
  readonly users: string[];
  /** What Azure was asked to make, in its order. */
  readonly regenerated: Slot[] = [];
  /** Each time that somebody was left with a key that Azure does not take. */
  readonly cuts: string[] = [];
  /** All that was written, in its order. */
  readonly writes: string[] = [];

  constructor(rule: RuleKind) {
    this.rule = rule;
    this.rights = [rule === 'send' ? 'Send' : 'Listen'];
    this.users = rule === 'send' ? ['primary-0'] : ['primary-0', 'primary-0', 'primary-0'];
    if (rule === 'send')
      this.soracom = { key: 'primary-0', description: `For Funnel [tashika ${fingerprintOf('primary-0')}]` };
  }

  /** @param fateOf the fate of the n-th write of this process, from 1 */
  ports(fateOf: (write: number, what: string) => Fate | Promise<Fate> = () => 'done'): RotationPorts {
    let writes = 0;
    let ended = false;
    const read = async <T>(value: () => T): Promise<T> => {
      if (ended) throw new Killed();
      return structuredClone(value());
    };
    const write = async <T>(what: string, effect: () => T): Promise<T> => {
      if (ended) throw new Killed();
      writes += 1;
      const fate = await fateOf(writes, what);
      if (fate === 'killed-before' || fate === 'killed-after') ended = true;
      const happens = fate !== 'killed-before' && fate !== 'failed';
      const result = happens ? effect() : undefined;
      if (happens) this.#happened(what);
      if (ended) throw new Killed();
      if (fate !== 'done') throw unheard(what);
      return result!;
    };
    const soracom = this.soracom && {
      id: 'event-hubs-send',
      read: () =>
        read(
          () =>
            this.soracom && {
              description: this.soracom.description,
              updatedAt: 0,
              lastUsedAt: undefined,
              usedBy: this.usedBy,
            },
        ),
      write: ({ key, description }: { key: string; description: string }) =>
        write('soracom', () => {
          this.soracom = { key, description };
        }),
    };
    return {
      azure: {
        resource: '/subscriptions/s/rules/rule',
        name: 'rule',
        rights: () => read(() => this.rights),
        keys: () => read(() => this.azure),
        regenerate: async (slot, hold) => {
          await hold();
          await write(`regenerate ${slot}`, () => {
            this.regenerated.push(slot);
            this.azure[slot] = `${slot}-${this.regenerated.length}`;
          });
        },
      },
      vault: {
        path: `kv/tashika/event-hubs/${this.rule}`,
        read: () => read(() => this.vault && { ...this.vault, policyName: this.policyName }),
        write: (key, version) =>
          write('vault', () => {
            if (this.vault?.version !== version) throw changedMeanwhile();
            this.vault = { key, version: version + 1 };
          }),
      },
      ...(soracom && { soracom }),
      journal: {
        read: () => read(() => this.journal),
        write: (journal, version) =>
          write('journal', () => {
            if ((this.journal?.version ?? 0) !== version) throw changedMeanwhile();
            this.journal = { journal, version: version + 1 };
            return version + 1;
          }),
      },
      witness: {
        doubts: async (key) => {
          const doubts = await read(() => this.users.filter((used) => used !== key).map((used) => `One uses ${used}.`));
          this.#oneUserFollows();
          return doubts;
        },
      },
    };
  }

  /** The key of the place that users are fed from. */
  get offered(): string {
    return this.rule === 'send' ? this.soracom!.key : this.vault!.key;
  }

  #oneUserFollows(): void {
    const late = this.users.findIndex((used) => used !== this.offered);
    if (late >= 0) this.users[late] = this.offered;
    this.#look('a user took another key');
  }

  #happened(what: string): void {
    this.writes.push(what);
    this.#look(what);
  }

  #look(after: string): void {
    const good = Object.values(this.azure);
    for (const used of this.users) if (!good.includes(used)) this.cuts.push(`${used} after ${after}`);
    // Whoever starts anew takes what is offered.
    if (!good.includes(this.offered)) this.cuts.push(`${this.offered} is offered after ${after}`);
    if (this.soracom && fingerprintIn(this.soracom.description) !== fingerprintOf(this.soracom.key))
      this.cuts.push(`the description is of another key after ${after}`);
  }
}

function unheard(what: string): TashikaError {
  if (what.startsWith('regenerate')) return new TashikaError('AZURE_UNREACHABLE', 'Azure does not answer.');
  if (what === 'soracom') return new TashikaError('SORACOM_UNREACHABLE', 'SORACOM does not answer.');
  return new TashikaError('VAULT_UNREACHABLE', 'Vault does not answer.');
}

function changedMeanwhile(): TashikaError {
  return new TashikaError('VAULT_CHANGED_MEANWHILE', 'Somebody else wrote it.');
}
