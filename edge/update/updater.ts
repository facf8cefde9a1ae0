import { isTashikaError, messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { BootClock } from '../clock/index.ts';
import { jitteredDelays } from '../retry/index.ts';
import { Bundles } from './bundles.ts';
import type { UpdateSettings } from './config.ts';
import { pollsApart, type Wait, waitFor, waitForAgent, waitForTrial } from './courtesy.ts';
import { type DayBytes, leftForUpdates, type Spent } from './day-bytes.ts';
import { type DdiClient, waitAskedBy } from './ddi.ts';
import type { Deployment, Offer } from './deployment.ts';
import { type Device, hashOfAttributes } from './device.ts';
import { downloadPiece } from './download.ts';
import type { Installer, Installers } from './installer.ts';
import type { Stage, UpdaterState, Work } from './state.ts';
import { readState, writeState } from './state-file.ts';
import { commandOf, type Fact, isReversible, type Moment, step } from './step.ts';

/** Between questions that failed. */
const RETRY = { firstMs: 10_000, mostMs: 3_600_000 };
/** A poll is at its own moment, a tenth around what the server says: it says the same to many. */
const JITTER = 0.1;
/** The power comes back for many at one moment: the first poll is at any moment of so long. */
const MOST_FIRST_WAIT: Duration = 60_000;
/** A start of what waits for its trial is given so long before it is asked for again. */
const START_AGAIN_AFTER: Duration = 120_000;
/** After what should not be, such as a disk that takes no note. */
const AFTER_TROUBLE: Duration = 60_000;

export interface UpdaterParts {
  readonly settings: UpdateSettings;
  readonly client: DdiClient;
  readonly installers: Installers;
  readonly device: Device;
  readonly clock: BootClock;
  /** Numbers from 0 to 1, for jitter. */
  readonly random: () => number;
  readonly logger: Logger;
  /** What the day may cost; undefined is without a limit. */
  readonly dayBytes: DayBytes | undefined;
}

/**
 * Asks what is to be installed, and brings it to its end: one thing at a time, each step in the state file before the
 * next one, so that a kill at any moment is gone on from.
 */
export class Updater {
  readonly #parts: UpdaterParts;
  readonly #bundles: Bundles;
  /** The server has said what it wants, since the start. */
  #told = false;
  #state: UpdaterState;
  #pollAt: Duration;
  #pollDelays: Generator<Duration, never>;
  #pieceDelays: Generator<Duration, never>;
  /** Not before: polls and feedback wake the updater meanwhile. */
  #pieceAt: Duration = Number.NEGATIVE_INFINITY;
  #tellAt: Duration = Number.NEGATIVE_INFINITY;
  #tellDelays: Generator<Duration, never>;
  #trialStartedAt: Duration | undefined;
  #waitedFor: string | undefined;
  #yieldingSince: Duration | undefined;

  private constructor(parts: UpdaterParts, state: UpdaterState) {
    this.#parts = parts;
    this.#state = state;
    this.#bundles = new Bundles(parts.settings.directory);
    this.#pollAt = parts.clock.monotonic();
    this.#pollDelays = this.#newDelays();
    this.#pieceDelays = this.#newDelays();
    this.#tellDelays = this.#newDelays();
  }

  /** Goes on where the last updater in the directory was. */
  static async open(parts: UpdaterParts): Promise<Updater> {
    const { state, damage } = await readState(parts.settings.directory);
    if (damage !== undefined)
      parts.logger.warn(
        { damage },
        'what the updater was at can not all be read; it asks the server what is to be done',
      );
    return new Updater(parts, state);
  }

  get state(): UpdaterState {
    return this.#state;
  }

  /**
   * Works until `stop` is aborted; with `once`, asks one time and brings what is there to its end, or to where it has to
   * wait for its window.
   *
   * @returns whether the server was reached the last time
   */
  async run(stop: AbortSignal, once = false): Promise<boolean> {
    const { clock, logger, random, settings } = this.#parts;
    let reached = true;
    let polled = false;
    if (!once) this.#pollAt += random() * Math.min(settings.pollMs, MOST_FIRST_WAIT);
    while (!stop.aborted) {
      let waitMs: Duration;
      try {
        if (clock.monotonic() >= this.#pollAt && !(once && polled)) {
          reached = await this.#poll(stop);
          polled = true;
        }
        waitMs = stop.aborted ? 0 : await this.#work(stop);
        await this.#tell(stop);
      } catch (err) {
        if (stop.aborted) break;
        logger.error({ err }, 'the updater could not go on; it tries again');
        waitMs = AFTER_TROUBLE;
      }
      if (once && polled && waitMs === Number.POSITIVE_INFINITY) break;
      const now = clock.monotonic();
      const toPoll = once ? Number.POSITIVE_INFINITY : this.#pollAt - now;
      const toTell =
        this.#state.outbox.length > 0 && !once ? Math.max(1, this.#tellAt - now) : Number.POSITIVE_INFINITY;
      const pause = Math.min(waitMs, toPoll, toTell);
      if (pause > 0) await clock.sleep(pause, stop).catch(() => undefined);
    }
    await this.#bundles.close();
    return reached;
  }

  async #poll(stop: AbortSignal): Promise<boolean> {
    const { client, clock, random, logger, settings } = this.#parts;
    try {
      const base = await client.poll(stop);
      const apartMs = Math.max(base.sleepMs, pollsApart(await this.#parts.dayBytes?.spent()));
      this.#pollAt = clock.monotonic() + apartMs * (1 + JITTER * (2 * random() - 1));
      await this.#tellAttributes(base.configData !== undefined, stop);
      if (base.cancelAction !== undefined) {
        await this.#apply({ fact: 'cancel-asked', ...(await client.cancel(base.cancelAction, stop)) });
      } else if (base.deploymentBase === undefined) await this.#apply({ fact: 'nothing-offered' });
      else if (!this.#state.work || isReversible(this.#state.work)) {
        const offer = await client.deployment(base.deploymentBase, stop);
        const before = this.#state.work?.deployment.id;
        await this.#apply({ fact: 'offered', offer, ...(await this.#runningNow(offer, stop)) });
        // How long to wait with what is here is of another one.
        if (this.#state.work?.deployment.id !== before) {
          this.#pieceAt = Number.NEGATIVE_INFINITY;
          this.#pieceDelays = this.#newDelays();
        }
      }
      this.#pollDelays = this.#newDelays();
      this.#told = true;
      return true;
    } catch (error) {
      if (stop.aborted) return true;
      if (!isTashikaError(error)) throw error;
      const waitMs = Math.max(
        this.#pollDelays.next().value,
        waitAskedBy(error),
        Math.min(settings.pollMs, RETRY.firstMs),
      );
      this.#pollAt = clock.monotonic() + waitMs;
      logger.warn({ code: error.code, reason: error.message, waitMs }, 'the update server was asked in vain');
      return false;
    }
  }

  /** What runs here already of the kind that is offered, and what the slots say where that is the very image. */
  async #runningNow(
    offer: Offer,
    stop: AbortSignal,
  ): Promise<Pick<Extract<Fact, { fact: 'offered' }>, 'running' | 'here'>> {
    if (!offer.ok) return { running: undefined };
    const { device, installers } = this.#parts;
    const { id, kind, version } = offer.deployment;
    const running = await device.running(kind);
    const isNew = id !== this.#state.work?.deployment.id && id !== this.#state.last?.id;
    if (running !== version || !isNew || (await installers[kind].board()) === undefined) return { running };
    const slots = await installers[kind].slots(stop);
    return { running, here: { now: this.#now(), slots, starts: await device.starts() } };
  }

  #now(): Moment {
    const { clock } = this.#parts;
    return { bootId: clock.bootId, monotonic: clock.monotonic() };
  }

  /** A server that takes no word of the device may have an update for it all the same. */
  async #tellAttributes(asked: boolean, stop: AbortSignal): Promise<void> {
    const { client, device, installers, logger } = this.#parts;
    const attributes = await device.attributes(installers);
    const hash = hashOfAttributes(attributes);
    if (!asked && hash === this.#state.attributes) return;
    // An agent that has yet to start tells its version in a moment; the server keeps what it was told of it.
    if (!asked && attributes.agentVersion === undefined && this.#state.attributes !== undefined) return;
    try {
      await client.tellAttributes(attributes, stop);
    } catch (error) {
      if (!isTashikaError(error, 'UPDATE_SERVER_REFUSED')) throw error;
      logger.warn({ reason: error.message }, 'the update server takes no word of what this device is');
      return;
    }
    await this.#apply({ fact: 'attributes-told', hash });
  }

  /** Does what the state asks for; resolves with how long to wait before the next look at it. */
  async #work(stop: AbortSignal): Promise<Duration> {
    const { work } = this.#state;
    const command = commandOf(this.#state);
    if (!work) {
      // Before the server has said what it wants, a bundle may be of what a damaged state file has forgotten.
      if (this.#told) await this.#bundles.removeAll();
      return Number.POSITIVE_INFINITY;
    }
    const installer = this.#parts.installers[work.deployment.kind];
    switch (command) {
      case 'rest':
        return Number.POSITIVE_INFINITY;
      case 'download':
        return this.#download(work.deployment, stop);
      case 'verify':
        await this.#verify(work.deployment, installer, stop);
        return 0;
      case 'install': {
        const wait = work.stage.at === 'ready' ? await this.#waitForTrial(installer, stop) : undefined;
        this.#note(wait?.why);
        if (wait) return wait.waitMs;
        await this.#install(work, installer, stop);
        return 0;
      }
      case 'look':
        return this.#look(work, installer, stop);
      case 'confirm':
        return this.#confirm(work, installer, stop);
      case 'fall-back':
        await installer.fallBack(slotOf(work.stage), stop);
        return this.#look(work, installer, stop);
    }
  }

  async #download(deployment: Deployment, stop: AbortSignal): Promise<Duration> {
    const { client, clock, settings } = this.#parts;
    const untilNext = this.#pieceAt - clock.monotonic();
    if (untilNext > 0) return untilNext;
    const bundle = await this.#bundles.of(deployment);
    await bundle.open(deployment.bytes);
    const missing = deployment.bytes - bundle.bytes;
    const spent = await this.#parts.dayBytes?.spent();
    const wait = missing > 0 ? await this.#courtesy(missing, spent) : undefined;
    this.#note(wait?.why);
    if (wait) return wait.waitMs;
    const { fact, waitMs, why } = await downloadPiece(
      deployment,
      { ...settings, client, most: leftForUpdates(spent), bundle, clock, delay: () => this.#pieceDelays.next().value },
      stop,
    );
    if (fact?.fact === 'came') this.#pieceDelays = this.#newDelays();
    this.#note(why);
    if (fact) await this.#apply(fact);
    if (this.#state.work?.stage.at !== 'downloading') return 0;
    this.#pieceAt = clock.monotonic() + waitMs;
    return waitMs;
  }

  async #courtesy(missing: number, spent: Spent | undefined): Promise<Wait> {
    const { settings, device } = this.#parts;
    const { freeBytes: leaveFree } = settings;
    return waitFor({ ...(await this.#needs()), spent, free: await device.free(), leaveFree, missing });
  }

  async #waitForTrial(installer: Installer, stop: AbortSignal): Promise<Wait> {
    const { dayBytes, settings } = this.#parts;
    const wait = waitForTrial({ ...(await this.#needs()), spent: await dayBytes?.spent() });
    if (wait) return wait;
    const slots = await installer.slots(stop).catch(() => undefined); // what is wrong with them the installation tells
    if (slots?.trial === undefined || slots.trial !== slots.current) return undefined;
    return {
      waitMs: settings.lookMs,
      why: `slot ${slots.trial} is on trial, and the one that it would fall back to must not be written over`,
    };
  }

  async #verify(deployment: Deployment, installer: Installer, stop: AbortSignal): Promise<void> {
    const bundle = await this.#bundles.whole(deployment);
    if (bundle === undefined) return this.#apply({ fact: 'spoiled' });
    const reason = await this.#flaw(deployment, bundle, installer, stop);
    if (stop.aborted) return;
    await this.#apply(reason === undefined ? { fact: 'verified' } : { fact: 'refused', reason });
  }

  async #flaw(
    { kind, version }: Deployment,
    bundle: string,
    installer: Installer,
    stop: AbortSignal,
  ): Promise<string | undefined> {
    try {
      const board = await installer.board();
      if (board === undefined) return `this device has no slots for the ${kind} (update.${kind}.rauc).`;
      const info = await installer.verify(bundle, stop);
      if (info.compatible !== board) return `it is for the board ${info.compatible}, and this is ${board}.`;
      return info.version === version ? undefined : `it is version ${info.version}, and not ${version}.`;
    } catch (error) {
      return messageOf(error);
    }
  }

  /** What the agent needs the link for, and how long it has been made way for. */
  async #needs() {
    const { clock, device, settings } = this.#parts;
    const agent = await device.agent();
    const { mostHeld } = settings;
    if (waitForAgent({ agent, mostHeld, yieldedMs: 0 }) === undefined) this.#yieldingSince = undefined;
    else this.#yieldingSince ??= clock.monotonic();
    const yieldedMs = this.#yieldingSince === undefined ? 0 : clock.monotonic() - this.#yieldingSince;
    return { agent, mostHeld, yieldedMs };
  }

  async #install({ deployment, stage }: Work, installer: Installer, stop: AbortSignal): Promise<void> {
    const { device } = this.#parts;
    const wasCutOff = stage.at === 'installing';
    const bundle = wasCutOff ? (await this.#bundles.of(deployment)).path : await this.#bundles.whole(deployment);
    if (bundle === undefined) return this.#apply({ fact: 'spoiled' });
    // What somebody else has put there is written over; so what waits after a kill is this one's.
    if (!wasCutOff) await this.#dropWaiting(installer, stop);
    await this.#apply({ fact: 'installing' });
    if (this.#state.work?.stage.at !== 'installing') return;
    let slot: string | undefined;
    let found = false;
    try {
      // RAUC has a slot wait for its trial, or it is on trial by now, once all of it is written.
      slot = wasCutOff ? (await installer.slots(stop)).trial : undefined;
      found = slot !== undefined;
      slot ??= await installer.install(bundle, stop);
    } catch (error) {
      if (!stop.aborted) await this.#apply({ fact: 'not-installed', reason: messageOf(error) });
      return;
    }
    await this.#apply({ fact: 'installed', slot, now: this.#now(), starts: await device.starts(), found });
    await this.#bundles.removeAll(); // the slot has it
  }

  async #dropWaiting(installer: Installer, stop: AbortSignal): Promise<void> {
    const slots = await installer.slots(stop).catch(() => undefined);
    if (slots?.trial !== undefined) await installer.fallBack(slots.trial, stop).catch(() => undefined);
  }

  async #look({ deployment }: Work, installer: Installer, stop: AbortSignal): Promise<Duration> {
    const { clock, device, logger, settings } = this.#parts;
    const stage = this.#state.work?.stage;
    if (stage?.at !== 'trial' && stage?.at !== 'falling-back') return 0;
    let slots = await installer.slots(stop);
    if (stage.at === 'trial' && slots.trial === stage.slot && slots.current !== stage.slot && slots.triesLeft > 0) {
      const now = clock.monotonic();
      if (this.#trialStartedAt === undefined || now - this.#trialStartedAt >= START_AGAIN_AFTER) {
        this.#trialStartedAt = now;
        // What the server is to know has to be told first: the machine may be gone in a moment.
        await this.#tell(stop);
        await installer
          .startTrial(stop)
          .catch((err) => logger.error({ err }, 'what waits for its trial could not be started'));
        slots = await installer.slots(stop);
      }
    }
    const now = this.#now();
    const proof = await device.proofOf(deployment, stage);
    await this.#apply({ fact: 'looked', look: { now, slots, starts: await device.starts(), proof } });
    const at = this.#state.work?.stage.at;
    if (at !== 'trial') this.#trialStartedAt = undefined;
    return at === 'trial' || at === 'falling-back' ? settings.lookMs : 0;
  }

  async #confirm({ stage }: Work, installer: Installer, stop: AbortSignal): Promise<Duration> {
    const slot = slotOf(stage);
    try {
      await installer.confirm(slot, stop);
      // A slot that is no longer on trial has nothing to confirm; what counts is which one the next start takes.
      const { primary } = await installer.slots(stop);
      if (primary !== slot) throw new Error(`the next start would take slot ${primary ?? 'none'}.`);
    } catch (error) {
      if (stop.aborted) return 0;
      await this.#apply({ fact: 'not-confirmed', reason: messageOf(error) });
      return this.#parts.settings.lookMs;
    }
    await this.#apply({ fact: 'confirmed' });
    return 0;
  }

  /** Tells what is in the outbox, in order, until the server can't be reached. */
  async #tell(stop: AbortSignal): Promise<void> {
    const { client, clock, logger } = this.#parts;
    if (clock.monotonic() < this.#tellAt) return;
    for (let [next] = this.#state.outbox; next && !stop.aborted; [next] = this.#state.outbox) {
      try {
        const taken = await client.tell(next, clock.now(), stop);
        if (!taken)
          logger.warn({ action: next.id, execution: next.execution }, 'the server takes no word of this action');
        this.#tellDelays = this.#newDelays();
      } catch (error) {
        if (!isTashikaError(error)) throw error;
        this.#tellAt = clock.monotonic() + Math.max(this.#tellDelays.next().value, waitAskedBy(error));
        logger.debug({ reason: error.message, waiting: this.#state.outbox.length }, 'the server is told later');
        return;
      }
      await this.#apply({ fact: 'told' });
    }
  }

  async #apply(fact: Fact): Promise<void> {
    const before = this.#state;
    const next = step(before, fact, this.#parts.settings);
    if (next === before) return;
    await writeState(this.#parts.settings.directory, next);
    this.#state = next;
    this.#log(before, next);
  }

  #log(before: UpdaterState, next: UpdaterState): void {
    const { logger } = this.#parts;
    const { work, last } = next;
    if (work && (work.stage.at !== before.work?.stage.at || work.deployment.id !== before.work.deployment.id)) {
      const { id, kind, version } = work.deployment;
      const reason = work.stage.at === 'falling-back' ? work.stage.reason : undefined;
      logger.info({ action: id, image: `${kind}/${version}`, stage: work.stage.at, reason }, 'update');
    }
    if (last && last !== before.last) {
      const level = last.outcome === 'failure' ? 'error' : 'info';
      logger[level]({ action: last.id, outcome: last.outcome, detail: last.detail }, 'the update is over');
    } else if (!work && before.work) logger.info({ action: before.work.deployment.id }, 'the server wants it no more');
  }

  /** Says once why an update waits, and that it goes on. */
  #note(why: string | undefined): void {
    const kind = why?.replace(/\d+/g, 'n');
    if (kind === this.#waitedFor) return;
    this.#waitedFor = kind;
    if (why === undefined) this.#parts.logger.info('the update goes on');
    else this.#parts.logger.info({ why }, 'the update waits');
  }

  #newDelays(): Generator<Duration, never> {
    return jitteredDelays(RETRY, this.#parts.random);
  }
}

function slotOf(stage: Stage): string {
  if ('slot' in stage) return stage.slot;
  throw new TypeError(`Nothing is in a slot while it is ${stage.at}.`);
}
