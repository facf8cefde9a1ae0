import {
  BLANK,
  type DeviceRound,
  type GateRound,
  type Judged,
  judge,
  type SignalName,
} from '@tashika/cloud/fleet/gate';
import type { Duration, Timestamp } from '@tashika/shared/time';
import type { ModelDevice } from './device.ts';
import { ModelFleet, type ModelFleetOptions } from './fleet.ts';
import type { ImageEffect } from './image.ts';

export interface ModelRolloutOptions extends Pick<ModelFleetOptions, 'seed' | 'devices' | 'habits' | 'outages'> {
  readonly effect: ImageEffect;
  /** Devices, or shares of all as `50 %`; each with those before it. */
  readonly waves?: readonly (number | `${number} %`)[];
  readonly soakMs?: Duration;
  readonly roundMs?: Duration;
  /** How long the gate may look at the fleet before the rollout. */
  readonly pastMs?: Duration;
  readonly mostInParallel?: number;
  readonly falseHalts?: number;
  readonly at?: Timestamp;
  /** The order in which devices get the image; as they are numbered if left out. */
  readonly order?: (devices: readonly ModelDevice[]) => readonly ModelDevice[];
  /** Told what the gate says after each round. */
  readonly told?: (judged: Judged, at: Timestamp, wave: number) => void;
}

export interface ModelRolloutOutcome {
  readonly outcome: 'completed' | 'halted' | 'stuck';
  /** The wave under way at its end, from 1. */
  readonly wave: number;
  /** Devices that ever got the image. */
  readonly touched: number;
  /** What halted it. */
  readonly signal: SignalName | undefined;
  readonly reason: string | undefined;
  /** How long it took, and for how long of it the gate had it wait for a network, and for evidence to go down. */
  readonly tookMs: Duration;
  readonly pausedMs: Duration;
  readonly heldUpMs: Duration;
  readonly pausedIn: readonly string[];
}

const MINUTE: Duration = 60_000;
const HOUR: Duration = 60 * MINUTE;
const DAY: Duration = 24 * HOUR;
/** A device that does not come for the image for so long is left out of its wave. */
const VANISHED_AFTER: Duration = 6 * HOUR;
/** A rollout that takes longer stands still. */
const LONGEST: Duration = 30 * DAY;
const OLD = '1.0.0';
const NEW = '1.1.0';

/** Plays a rollout over the model: waves as a plan has them, the gate's pure part at the end of each round. */
export function playRollout({
  effect,
  waves = [10, '1 %', '10 %', '50 %', '100 %'],
  soakMs = 12 * HOUR,
  roundMs = 10 * MINUTE,
  pastMs = 26 * HOUR,
  mostInParallel = 200,
  falseHalts = 0.01,
  at = Date.UTC(2026, 5, 1),
  order = (devices) => devices,
  told,
  ...options
}: ModelRolloutOptions): ModelRolloutOutcome {
  const fleet = new ModelFleet({ ...options, at, stepMs: roundMs, version: OLD });
  const rounds = new RoundsOfModel(fleet, roundMs);
  const settings = { falseHalts, leastDevices: 1, version: NEW, sampleMs: roundMs, soakMs, mostFailed: 0.2 };
  let state = BLANK;
  while (fleet.now < at + pastMs) {
    fleet.step();
    state = judge(state, rounds.next(), settings).state;
  }
  const began = fleet.now;
  const queue = order(fleet.devices);
  const sizes = waves.map((wave) =>
    typeof wave === 'number' ? wave : Math.ceil((queue.length * Number.parseFloat(wave)) / 100),
  );
  let [wave, offered, touched, pausedMs, heldUpMs] = [0, 0, 0, 0, 0];
  let soaked = 0;
  let passedUntil = 0;
  const pausedIn = new Set<string>();
  let verdict: Judged['verdict'] = { verdict: 'watching' };
  const end = (outcome: ModelRolloutOutcome['outcome'], signal?: SignalName, reason?: string) => ({
    outcome,
    wave: wave + 1,
    touched,
    signal,
    reason,
    tookMs: fleet.now - began,
    pausedMs,
    heldUpMs,
    pausedIn: [...pausedIn],
  });
  while (fleet.now < began + LONGEST) {
    const paused = verdict.verdict === 'unjudgeable';
    if (!paused) {
      for (; offered < sizes[wave]!; offered += 1) {
        if (rounds.underWay >= mostInParallel) break;
        rounds.offer(queue[offered]!);
      }
      touched += rounds.installWhatPolls((device) => device.install(NEW, effect, fleet.now));
    }
    fleet.step();
    const round = rounds.next((number) => number < passedUntil, queue);
    const judged = judge(state, round, settings);
    ({ state, verdict } = judged);
    told?.(judged, fleet.now, wave + 1);
    if (verdict.verdict === 'bad') return end('halted', verdict.signal, verdict.reason);
    if (verdict.verdict === 'unjudgeable') {
      pausedMs += roundMs;
      for (const region of verdict.regions) pausedIn.add(region);
      continue;
    }
    if (offered < sizes[wave]! || rounds.underWay > 0) continue;
    soaked += roundMs;
    if (soaked < soakMs) continue;
    if (verdict.verdict !== 'good') {
      heldUpMs += roundMs;
      continue;
    }
    passedUntil = sizes[wave]!;
    if (wave + 1 === sizes.length) return end('completed');
    wave += 1;
    soaked = 0;
  }
  return end('stuck', undefined, Object.keys(state.since).join(', '));
}

/** Makes rounds of a model, and knows who waits for an image. */
class RoundsOfModel {
  readonly #fleet: ModelFleet;
  readonly #roundMs: Duration;
  readonly #before: { received: number; gone: number; posts: number; deadLetters: number; starts: number }[];
  readonly #offeredAt = new Map<ModelDevice, Timestamp>();
  readonly #installing = new Map<ModelDevice, Timestamp>();
  readonly #updatedAt = new Map<ModelDevice, Timestamp>();
  readonly #places = new Map<ModelDevice, number>();
  readonly vanished = new Set<string>();

  constructor(fleet: ModelFleet, roundMs: Duration) {
    this.#fleet = fleet;
    this.#roundMs = roundMs;
    this.#before = fleet.devices.map(totalsOf);
  }

  get underWay(): number {
    return this.#offeredAt.size + this.#installing.size;
  }

  offer(device: ModelDevice): void {
    this.#offeredAt.set(device, this.#fleet.now);
  }

  installWhatPolls(install: (device: ModelDevice) => void): number {
    let installed = 0;
    for (const [device, since] of this.#offeredAt)
      if (device.lastSeen > this.#fleet.now - this.#roundMs || device.lastSeen > since) {
        install(device);
        installed += 1;
        this.#offeredAt.delete(device);
        this.#installing.set(device, this.#fleet.now);
      } else if (this.#fleet.now - since > VANISHED_AFTER) {
        this.#offeredAt.delete(device);
        this.vanished.add(device.controllerId);
      }
    return installed;
  }

  next(kept: (place: number) => boolean = () => false, queue: readonly ModelDevice[] = []): GateRound {
    if (this.#places.size === 0) for (const [place, device] of queue.entries()) this.#places.set(device, place);
    const at = this.#fleet.now;
    for (const [device, since] of this.#installing)
      if (device.toldVersion === NEW) {
        this.#installing.delete(device);
        this.#updatedAt.set(device, device.lastSeen);
      } else if (at - since > VANISHED_AFTER) {
        this.#installing.delete(device);
        this.vanished.add(device.controllerId);
      }
    const devices = this.#fleet.devices.map((device, index): DeviceRound => {
      const before = this.#before[index]!;
      const updatedAt = this.#updatedAt.get(device);
      const gone = device.missing + device.lost;
      const round: DeviceRound = {
        controllerId: device.controllerId,
        region: device.region,
        board: device.board,
        updatedAt,
        readings: device.received - before.received,
        gone: gone - before.gone,
        posts: device.posts - before.posts,
        deadLetters: device.deadLetters - before.deadLetters,
        held: device.held,
        lastSeen: device.lastSeen,
        clock: device.clock,
        starts: device.toldStarts - before.starts,
        agentVersion: device.toldVersion,
        aside: this.#installing.has(device),
        kept: updatedAt !== undefined && kept(this.#places.get(device)!),
      };
      before.received = device.received;
      before.gone = gone;
      before.posts = device.posts;
      before.deadLetters = device.deadLetters;
      before.starts = device.toldStarts;
      return round;
    });
    return { round: Math.floor(at / this.#roundMs), at, roundMs: this.#roundMs, devices };
  }
}

function totalsOf({ received, missing, lost, posts, deadLetters, toldStarts }: ModelDevice) {
  return { received, gone: missing + lost, posts, deadLetters, starts: toldStarts };
}
