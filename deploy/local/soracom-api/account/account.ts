import type { Timestamp } from '@tashika/shared/time';
import type { Sim } from '../../sims/index.ts';
import { simIdOf } from '../../sims/index.ts';
import { notFound } from '../refusal.ts';
import { Journal } from './journal.ts';
import { type Credential, type Group, NO_SETTINGS, type OwnedSim, type Settings, type SimSettings } from './model.ts';
import { settingsOf } from './sims.ts';

/** Keeps settings; throws the system's error where it can't, and the former ones stand then. */
export type Keep = (settings: Settings) => void;

/** Something that a service has to tell of a SIM. */
export interface LogEntry {
  readonly time: Timestamp;
  readonly service: 'Funnel' | 'Beam' | 'Air';
  readonly imsi: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A request to the API. */
export interface AuditEntry {
  readonly time: Timestamp;
  /** The operation's path, its parameters by name, such as `/v1/groups/{group_id}`. */
  readonly kind: string;
  readonly path: string;
  readonly statusCode: number;
  readonly remoteAddress: string;
}

/** A SIM that is the account's, and the tags and group that it has while nobody sets others. */
export interface SimSeed {
  readonly sim: Sim;
  readonly groupId?: string;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface AccountOptions {
  readonly operatorId: string;
  readonly settings?: Settings;
  readonly keep?: Keep;
  readonly sims?: readonly SimSeed[];
  /** When the account's SIMs were made, as they tell it. */
  readonly since: Timestamp;
}

const LOG_ENTRIES = 10_000;
const AUDIT_ENTRIES = 10_000;

/** One operator's account: what the API changes, and what the stand-ins of the services go by. */
export class Account {
  readonly operatorId: string;
  readonly since: Timestamp;
  /** What services told of SIMs: Funnel's delivery errors above all. */
  readonly logs = new Journal<LogEntry>(LOG_ENTRIES);
  /** Requests to the API. */
  readonly audit = new Journal<AuditEntry>(AUDIT_ENTRIES);
  readonly #keep: Keep;
  readonly #sims = new Map<string, OwnedSim>();
  readonly #lastUsed = new Map<string, Timestamp>();
  #settings: Settings;
  #sorted: readonly OwnedSim[] | undefined;

  constructor(options: AccountOptions) {
    this.operatorId = options.operatorId;
    this.since = options.since;
    this.#settings = options.settings ?? NO_SETTINGS;
    this.#keep = options.keep ?? (() => {});
    for (const seed of options.sims ?? []) this.own(seed);
  }

  get settings(): Settings {
    return this.#settings;
  }

  /** SIMs in the order of their ids. */
  get sims(): readonly OwnedSim[] {
    this.#sorted ??= [...this.#sims.values()].sort((a, b) => (a.simId < b.simId ? -1 : 1));
    return this.#sorted;
  }

  /**
   * Changes what the account is set to, once that is kept.
   *
   * @throws Refusal that `change` throws, or the system's error; nothing has changed then
   */
  change(change: (settings: Settings) => Settings): void {
    const next = change(this.#settings);
    this.#keep(next);
    this.#settings = next;
  }

  /** Makes a SIM the account's; one that is already stays as it is. */
  own({ sim, groupId, tags = {} }: SimSeed): OwnedSim {
    const simId = simIdOf(sim);
    const former = this.#sims.get(simId);
    if (former) return former;
    const standard = { tags, lastModifiedTime: this.since, ...(groupId !== undefined && { groupId }) };
    const owned: OwnedSim = { sim, simId, standard };
    this.#sims.set(simId, owned);
    this.#sorted = undefined;
    return owned;
  }

  /** @throws Refusal 404 */
  owned(simId: string): OwnedSim {
    const owned = this.#sims.get(simId);
    if (!owned) throw notFound(`SIM ${simId}`);
    return owned;
  }

  /** What a SIM is set to; undefined for one that is not the account's. */
  settingsOf(sim: Sim): SimSettings | undefined {
    const owned = this.#sims.get(simIdOf(sim));
    return owned && settingsOf(this.#settings, owned);
  }

  /** The group of a SIM; undefined for a SIM in none. */
  groupOf(sim: Sim): Group | undefined {
    const groupId = this.settingsOf(sim)?.groupId;
    return this.#settings.groups.find((group) => group.groupId === groupId);
  }

  /** A credential with its secret, for the service that uses it now; undefined where there is none. */
  use(credentialsId: string, now: Timestamp): Credential | undefined {
    const found = this.#settings.credentials.find((each) => each.credentialsId === credentialsId);
    if (found) this.#lastUsed.set(credentialsId, now);
    return found;
  }

  /** When a credential was last used since the start; 0 for never. */
  lastUsed(credentialsId: string): Timestamp {
    return this.#lastUsed.get(credentialsId) ?? 0;
  }
}
