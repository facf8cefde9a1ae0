import { HubClock, partitionPositions, standingOf, tickIdle } from '@tashika/cloud/ingest';
import { expect } from 'vitest';
import type { HubEvent } from './hub.ts';
import type { Model } from './model.ts';
import { type CrewStep, PARTITIONS, WORKERS } from './schedule.ts';
import { batchText, mishapText } from './story.ts';
import {
  type BatchInHand,
  type Fate,
  type Mishap,
  type Ownerships,
  SimulatedWorker,
  type WorkerParts,
} from './worker.ts';

/** What a play tells and keeps while it goes on. */
export interface Record {
  /** A sentence of the story. */
  tell(sentence: string): void;
  /** A thing that a schedule met. */
  met(what: string): void;
  /** Events that were committed, and not before, by a worker whose clock says `now`. */
  delivered(events: readonly HubEvent[]): void;
}

/** One worker over all its lives. */
interface Role {
  readonly name: (typeof WORKERS)[number];
  worker: SimulatedWorker;
  lives: number;
  /** What it listed, and how often each partition had changed hands by then. */
  listed: { readonly ownerships: Ownerships; readonly claims: ReadonlyMap<string, number> } | undefined;
  idle: Parameters<typeof tickIdle>[2];
  hubClock: HubClock;
}

/** How far the wall clocks of the workers' machines are off; only what windows are kept goes by them. */
const WALL_OF = { A: 0, B: 3_600_000, C: -86_400_000 };
const READ_ALL = 1000;
const STALLED_AFTER_MS = 30_000;

/** The workers that share the hub, and the model of what they do to the store. */
export class Crew {
  readonly #parts: WorkerParts;
  readonly #model: Model;
  readonly #record: Record;
  readonly #roles: readonly Role[];

  constructor(parts: WorkerParts, model: Model, record: Record) {
    this.#parts = parts;
    this.#model = model;
    this.#record = record;
    this.#roles = WORKERS.map((name) => {
      const worker = new SimulatedWorker(`${name}1`, parts, WALL_OF[name]);
      return { name, worker, lives: 1, listed: undefined, idle: [], hubClock: new HubClock() };
    });
  }

  /** Performs a step; true if it may have changed what the store counts. */
  async perform(step: CrewStep): Promise<boolean> {
    switch (step.does) {
      case 'list':
        await this.#list(this.#role(step.worker));
        return false;
      case 'claim':
        await this.claim(step.worker, step.partition);
        return false;
      case 'read': {
        const readers = this.#roles.flatMap((role) => role.worker.readable.map((id) => [role, id] as const));
        const [role, id] = readers[step.reader % readers.length] ?? [];
        if (role) this.#read(role, id!, step.atMost);
        return false;
      }
      case 'commit': {
        const holder = chosen(this.#holders, step.holder);
        return holder ? this.#commit(holder, step.mishap, step.thief) : false;
      }
      case 'commit-all':
        return this.#commitAll();
      case 'lose-batch': {
        const holder = chosen(this.#holders, step.holder);
        if (holder) this.#record.tell(`worker ${holder.name} loses what it has in hand and reads on behind it`);
        holder?.worker.loseBatches();
        return false;
      }
      case 'crash':
        return this.#crash(this.#role(step.worker), step.committing);
      case 'ask': {
        const owner = chosen(this.#owners, step.owner);
        if (owner) await this.#ask(owner);
        return false;
      }
      case 'tick': {
        const owner = chosen(this.#owners, step.owner);
        return owner ? this.#tick(owner) : false;
      }
      case 'catch-up':
        return this.#catchUp(this.#role(step.worker));
    }
  }

  /** By what the worker has listed before, which may be out of date, or by what is so now. */
  async claim(name: string, partitionId: string): Promise<void> {
    const role = this.#role(name);
    const { listed } = role;
    role.listed = undefined;
    const claims = listed?.claims.get(partitionId) ?? this.#model.partitions.get(partitionId)!.claims;
    const expected = this.#model.claim(partitionId, role.worker.ownerId, claims);
    this.#record.tell(`worker ${name} claims partition ${partitionId}${expected ? '' : ', too late'}`);
    if (!expected) this.#record.met('a claim by an old listing');
    expect(await role.worker.claim(partitionId, listed?.ownerships), 'whether the claim succeeds').toBe(expected);
  }

  get #holders(): readonly Role[] {
    return this.#roles.filter(({ worker }) => worker.inHand.length > 0);
  }

  get #owners(): readonly Role[] {
    const owners = [...this.#model.partitions.values()].map(({ owner }) => owner);
    return this.#roles.filter(({ worker }) => owners.includes(worker.ownerId));
  }

  #role(name: string): Role {
    return this.#roles.find((role) => role.name === name)!;
  }

  async #list(role: Role): Promise<void> {
    this.#record.tell(`worker ${role.name} lists who owns what`);
    const ownerships = await role.worker.checkpoints.listOwnership('model');
    const claims = new Map([...this.#model.partitions].map(([id, partition]) => [id, partition.claims]));
    role.listed = { ownerships, claims };
  }

  #read(role: Role, partitionId: string, atMost: number): void {
    const batch = role.worker.read(partitionId, atMost);
    if (batch) this.#record.tell(`worker ${role.name} reads ${batchText(batch)}`);
  }

  async #commit(role: Role, mishap: Mishap | null, thief: string | null): Promise<boolean> {
    const { worker } = role;
    const { inHand } = worker;
    const { clock } = this.#parts;
    this.#record.tell(`worker ${role.name} commits${mishapText(mishap)}`);
    if (mishap) this.#record.met(`a commit that fails: ${mishap.fails}`);
    if (mishap && thief)
      clock.duringNextSleep = async () => {
        this.#record.met('a partition taken between two attempts');
        if (mishap.fails === 'answer') this.#modelCommits(worker, inHand);
        for (const { partitionId } of inHand) await this.claim(thief, partitionId);
      };
    const fates = await worker.commit(mishap ?? undefined);
    clock.duringNextSleep = undefined;
    this.#settle(role, inHand, fates);
    return true;
  }

  /** On PGlite one transaction follows the other, in the order in which they were asked for. */
  async #commitAll(): Promise<boolean> {
    const holders = this.#holders;
    if (holders.length === 0) return false;
    const inHand = holders.map(({ worker }) => worker.inHand);
    this.#record.tell(`workers ${holders.map(({ name }) => name).join(' and ')} commit at the same time`);
    if (holders.length > 1) this.#record.met('commits at the same time');
    // What the database refuses is taken apart, in transactions that those of another may come in between.
    const refused = inHand
      .flat()
      .some(({ events }) => events.some(({ meaning }) => meaning.is === 'post' && meaning.unstorable));
    const fates: (readonly Fate[])[] = [];
    if (refused) for (const { worker } of holders) fates.push(await worker.commit());
    else fates.push(...(await Promise.all(holders.map(({ worker }) => worker.commit()))));
    for (const [index, holder] of holders.entries()) this.#settle(holder, inHand[index]!, fates[index]!);
    return true;
  }

  /** The new life has another name; what the former one owned stays its until somebody claims it. */
  async #crash(role: Role, committing: boolean): Promise<boolean> {
    const commits = committing && role.worker.inHand.length > 0;
    if (commits) await this.#commit(role, null, null);
    this.#record.tell(`worker ${role.name} is killed${commits ? ' before it hears of it' : ''}, and starts anew`);
    role.lives++;
    role.worker = new SimulatedWorker(`${role.name}${role.lives}`, this.#parts, WALL_OF[role.name]);
    role.listed = undefined;
    role.idle = [];
    role.hubClock = new HubClock();
    return commits;
  }

  async #ask(role: Role): Promise<void> {
    const { store, address, hub, clock } = this.#parts;
    const { ownerId } = role.worker;
    const monotonic = clock.monotonic();
    const positions = await partitionPositions(store, address);
    for (const { lastArrival } of positions) if (lastArrival !== null) role.hubClock.observe(lastArrival, monotonic);
    const arrivedUntil = role.hubClock.atLeast(monotonic);
    expect(arrivedUntil, 'the time at the hub').toBeLessThanOrEqual(clock.now());
    const idle = positions.filter(({ partitionId, position, ownerId: owner }) => {
      const seen = { partitionId, position, facts: hub.facts(partitionId), monotonic };
      return owner === ownerId && standingOf(undefined, seen, STALLED_AFTER_MS).state === 'caught-up';
    });
    role.idle = idle.map(({ partitionId, position }) => ({ partitionId, ownerId, position, arrivedUntil }));
    this.#record.tell(
      `worker ${role.name} hears that ${idle.map((each) => each.partitionId).join(', ') || 'none'} is idle`,
    );
  }

  /** By what it asked before, which may be out of date, or by what is so now. */
  async #tick(role: Role): Promise<boolean> {
    const { store, address, policy } = this.#parts;
    if (role.idle.length === 0) await this.#ask(role);
    const { idle } = role;
    role.idle = [];
    if (idle.length === 0) return false;
    this.#record.tell(`worker ${role.name} moves the watermark of what it heard to be idle`);
    for (const { partitionId, ownerId, position, arrivedUntil } of idle)
      this.#model.idle(partitionId, ownerId, position, arrivedUntil);
    await tickIdle(store, address, idle, policy.tolerances, role.worker.clock.now());
    return true;
  }

  /** Reads and commits everything. */
  async #catchUp(role: Role): Promise<boolean> {
    for (let committed = true; committed; ) {
      for (const id of PARTITIONS) {
        const owns = this.#model.partitions.get(id)!.owner === role.worker.ownerId;
        if (!owns || !role.worker.reads(id)) await this.claim(role.name, id);
        this.#read(role, id, READ_ALL);
      }
      committed = role.worker.inHand.length > 0 && (await this.#commit(role, null, null));
    }
    return true;
  }

  #modelCommits({ ownerId }: SimulatedWorker, batches: readonly BatchInHand[]): readonly Fate[] {
    const due = batches.map(({ partitionId, events }) => {
      const { position } = this.#model.partitions.get(partitionId)!;
      return events.filter(({ sequenceNumber }) => sequenceNumber > (position ?? -1));
    });
    const fates = this.#model.commit(ownerId, batches);
    for (const [index, events] of due.entries()) if (fates[index] === 'committed') this.#record.delivered(events);
    return fates;
  }

  /** Holds what became of a group of batches against the model. */
  #settle({ name, worker }: Role, batches: readonly BatchInHand[], fates: readonly Fate[]): void {
    const expected = this.#modelCommits(worker, batches);
    for (const [index, { partitionId }] of batches.entries()) {
      if (expected[index] === 'committed') continue;
      this.#record.met('a batch fenced off');
      this.#record.tell(`worker ${name} hears that partition ${partitionId} is no longer its to commit`);
      this.#model.release(partitionId, worker.ownerId);
    }
    expect(fates, 'what becomes of the batches').toEqual(expected);
  }
}

function chosen<Item>(from: readonly Item[], number: number): Item | undefined {
  return from[number % from.length];
}
