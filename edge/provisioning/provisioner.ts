import { join } from 'node:path';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { Logger } from 'pino';
import { configurationOf, type EdgeConfiguration, type LocalSettings } from '../config/index.ts';
import { askMetadata } from '../metadata/index.ts';
import { jitteredDelays } from '../retry/index.ts';
import { VERSION } from '../version.ts';
import { gaveUp, NOTHING_KNOWN, offered, proven, started, type UserDataRecord, withdrawn } from './record.ts';
import { readRecord, writeRecord } from './record-file.ts';
import { hashOf, judge, MOST_USER_DATA_BYTES } from './user-data.ts';

/** An agent that has run so long with new user data has accepted them. */
const TRIAL: Duration = 60_000;
const RETRY = { firstMs: 1_000, mostMs: 300_000 };
const FILE = 'user-data.json';

/** What an agent is to be started with. */
export interface Choice {
  readonly configuration: EdgeConfiguration;
  /** The region of a SIM without a tag. */
  readonly groupRegion: string | undefined;
}

/** Which user data configure the agent. */
export interface ProvisioningState {
  /** Names them; undefined where there are none. */
  readonly hash: string | undefined;
  /** Newer ones that are not used, and why. */
  readonly refused: { readonly hash: string; readonly reason: string } | undefined;
}

export interface ProvisionerOptions {
  readonly local: LocalSettings;
  readonly clock: Clock;
  /** Numbers from 0 to 1 for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** Told of each change of `state`. */
  readonly onState?: (state: ProvisioningState) => void;
}

/**
 * Configures the agent from the user data of its SIM's group. Bad ones are refused and the last good ones stay; new
 * ones are on trial until an agent has run with them for a minute; those that it can't run with are given up.
 */
export class Provisioner {
  readonly #options: ProvisionerOptions;
  /** By the device's own settings alone. */
  readonly #base: EdgeConfiguration;
  readonly #stopped = new AbortController();
  #record!: UserDataRecord;
  /** The text that the present choice was made of. */
  #chosen: string | undefined;
  #choice: Choice;
  #refused: ProvisioningState['refused'];
  #changed!: Promise<void>;
  #change!: () => void;
  #answered!: () => void;
  #asking: Promise<void> | undefined;
  /** Settled once the disk has the record, or has refused it. */
  #saved: Promise<void> = Promise.resolve();
  #trial: TimerHandle | undefined;
  #runsTrial = false;

  /** @throws TashikaError `CONFIG_INVALID` where the device's own settings are wrong */
  constructor(options: ProvisionerOptions) {
    this.#options = options;
    this.#base = configurationOf(options.local);
    this.#choice = { configuration: this.#base, groupRegion: undefined };
    this.#await();
  }

  /** Resolves when the agent should be started again with another choice; `choose` begins the wait anew. */
  get changed(): Promise<void> {
    return this.#changed;
  }

  /** Undefined where user data are switched off. */
  get state(): ProvisioningState | undefined {
    if (!this.#base.metadata.userData) return undefined;
    return { hash: this.#chosen === undefined ? undefined : hashOf(this.#chosen), refused: this.#refused };
  }

  /** Begins to ask. A device that knows no user data yet waits for them, within bounds; every other begins at once. */
  async start(): Promise<void> {
    const { userData, startWaitMs } = this.#base.metadata;
    if (!userData) return;
    this.#record = await keptUserData(this.#base.dataDirectory).catch((error) => {
      this.#options.logger.warn({ err: error }, 'the user data of before can not be read; they are asked for again');
      return NOTHING_KNOWN;
    });
    const answered = new Promise<void>((resolve) => {
      this.#answered = resolve;
    });
    this.#asking = this.#ask();
    if (this.#record.accepted === undefined && this.#record.trial === undefined)
      await this.#within(startWaitMs, answered);
  }

  /** Afterwards the disk has all that is known, so that another one can take it up. */
  async stop(): Promise<void> {
    this.#trial?.cancel();
    this.#stopped.abort();
    await this.#asking;
    await this.#saved;
  }

  /** What to start an agent with: user data on trial, else the last good ones, else the device's own settings. */
  async choose(): Promise<Choice> {
    this.#await();
    if (!this.#base.metadata.userData) return this.#choice;
    await this.#save(started(this.#record, VERSION));
    const { trial, accepted, failed } = this.#record;
    if (failed) this.#refused = { hash: failed.hash, reason: failed.reason };
    for (const text of [trial?.text, accepted]) {
      if (text === undefined) continue;
      const judged = judge(text, this.#options.local);
      if (judged.ok) return this.#take(text, judged);
      this.#refuse(text, judged.reason);
    }
    return this.#take(undefined, { configuration: this.#base, groupRegion: undefined });
  }

  /** An agent runs with the choice. */
  running(): void {
    this.#tell();
    if (this.#record?.trial === undefined || this.#record.trial.text !== this.#chosen) return;
    this.#runsTrial = true;
    this.#trial = this.#options.clock.after(TRIAL, () => {
      this.#options.logger.info({ userData: this.state?.hash }, 'the user data have stood their trial');
      this.#runsTrial = false;
      void this.#save(proven(this.#record));
    });
  }

  /** No agent could be started with the choice. @returns whether there is another one to try */
  async failed(error: unknown): Promise<boolean> {
    const text = this.#chosen;
    if (text === undefined) return false;
    await this.#save(gaveUp(this.#record, text, messageOf(error), VERSION));
    this.#refuse(text, messageOf(error));
    return true;
  }

  /** No agent could be started, for a reason that is not the choice's. */
  async withdraw(): Promise<void> {
    if (this.#record) await this.#save(withdrawn(this.#record));
  }

  #take(text: string | undefined, { configuration, groupRegion }: Choice): Choice {
    this.#endTrial();
    this.#chosen = text;
    this.#choice = { configuration, groupRegion };
    return this.#choice;
  }

  #endTrial(): void {
    this.#trial?.cancel();
    this.#runsTrial = false;
  }

  async #ask(): Promise<void> {
    const { metadata, uplink } = this.#base;
    const { clock, random, logger } = this.#options;
    const { signal } = this.#stopped;
    const link = { ...metadata, localAddress: uplink.localAddress };
    let delays = jitteredDelays(RETRY, random);
    let told = '';
    while (!signal.aborted) {
      let pause: Duration;
      try {
        const text = await askMetadata(link, '/v1/userdata', signal, MOST_USER_DATA_BYTES);
        if (text) await this.#served(text);
        this.#answered();
        delays = jitteredDelays(RETRY, random);
        told = '';
        pause = Math.round(metadata.askEveryMs * (0.5 + random() / 2));
      } catch (error) {
        if (signal.aborted) return;
        const problem = messageOf(error);
        if (problem !== told) logger.warn({ err: error, using: this.state?.hash ?? null }, problem);
        told = problem;
        pause = Math.min(delays.next().value, metadata.askEveryMs);
      }
      await clock.sleep(pause, signal).catch(() => undefined);
    }
  }

  async #served(text: string): Promise<void> {
    if (this.#refused?.hash === hashOf(text)) return; // told, and nothing has changed since
    const judged = judge(text, this.#options.local);
    if (!judged.ok) return this.#refuse(text, judged.reason);
    // What an agent runs with is better to go back to than what was before it.
    if (text !== this.#chosen && this.#runsTrial) {
      this.#endTrial(); // what is offered from here on has not run yet
      await this.#save(proven(this.#record));
    }
    const same = JSON.stringify(judged.configuration) === JSON.stringify(this.#choice.configuration);
    const next = offered(this.#record, text, VERSION);
    const isKnown = next === this.#record || text === this.#chosen;
    await this.#save(next);
    const { trial, failed } = this.#record;
    if (trial === undefined && failed) return this.#refuse(text, failed.reason);
    if (isKnown) {
      if (this.#refused === undefined) return;
      this.#refused = undefined;
      return this.#tell();
    }
    this.#refused = undefined;
    this.#options.logger.info({ userData: hashOf(text), instead: this.state?.hash ?? null }, 'new user data');
    if (same && judged.groupRegion === this.#choice.groupRegion) {
      this.#chosen = text; // other words for the same configuration
      await this.#save(proven(this.#record));
      return this.#tell();
    }
    this.#change();
  }

  #refuse(text: string, reason: string): void {
    const hash = hashOf(text);
    if (this.#refused?.hash === hash && this.#refused.reason === reason) return;
    this.#refused = { hash, reason };
    this.#options.logger.error(
      { code: 'USER_DATA_REFUSED', userData: hash, using: this.state?.hash ?? null },
      `the group's user data are refused: ${reason}`,
    );
    this.#tell();
  }

  #tell(): void {
    if (this.state) this.#options.onState?.(this.state);
  }

  #await(): void {
    this.#changed = new Promise((resolve) => {
      this.#change = resolve;
    });
  }

  /** One after the other: two that write the same file would leave neither. */
  #save(record: UserDataRecord): Promise<void> {
    if (record === this.#record) return this.#saved;
    this.#record = record;
    this.#saved = this.#saved.then(() => this.#write(record));
    return this.#saved;
  }

  /** A disk that takes no note costs the memory of it, not the configuration. */
  async #write(record: UserDataRecord): Promise<void> {
    try {
      await writeRecord(this.#file(), record);
    } catch (error) {
      this.#options.logger.warn(
        { err: error },
        "the user data can't be kept; they are asked for again after a restart",
      );
    }
  }

  async #within(waitMs: Duration, answered: Promise<void>): Promise<void> {
    const over = new AbortController();
    const waited = this.#options.clock.sleep(waitMs, over.signal).catch(() => undefined);
    await Promise.race([answered, waited]);
    over.abort();
  }

  #file(): string {
    return fileIn(this.#base.dataDirectory);
  }
}

/**
 * What an agent in this data directory remembers of its group's user data. Rejects with the system's error where that
 * can't be read.
 */
export function keptUserData(dataDirectory: string): Promise<UserDataRecord> {
  return readRecord(fileIn(dataDirectory));
}

function fileIn(dataDirectory: string): string {
  return join(dataDirectory, FILE);
}

/** What the agent says of it upward: the name of the user data it runs with, and of those refused, with the reason. */
export function summaryOf({ hash, refused }: ProvisioningState): string {
  const running = hash ?? 'none';
  return refused === undefined ? running : `${running}; refused ${refused.hash}: ${refused.reason}`.slice(0, MOST_TOLD);
}

/** The cloud shows no more of a text. */
const MOST_TOLD = 256;
