import { resolveRegion } from '@tashika/shared/regions';
import { decodePayload, newStream } from '@tashika/shared/telemetry';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Intake } from '../intake.ts';
import type { Reading, SpooledReading } from '../spool/index.ts';
import { encodePost } from '../uplink/encode.ts';
import { datability, type SynchronisationProbe, SynchronisationWatch } from './index.ts';

const DAY = 86_400_000;
const TRUE_START = Date.UTC(2026, 10, 22, 3, 0, 0);

/** The machine's clocks; `bootId` changes with each boot, and the monotonic clock begins anew. */
class MachineClock extends TestClock {
  bootId = 'boot-1';
}

/** A device with a clock that may be wrong, in a world whose time is known. */
class Device {
  readonly clock: MachineClock;
  /** What the time service says. */
  serviceSays: boolean | undefined;
  /** Whether the mark that timesyncd makes once is there. */
  marked = false;
  readonly held: SpooledReading[] = [];
  #trueNow: number;
  #watch!: SynchronisationWatch;
  #intake!: Intake;

  constructor(wall: number) {
    this.clock = new MachineClock(wall);
    this.#trueNow = TRUE_START;
  }

  async start(): Promise<void> {
    const mark: SynchronisationProbe = async (jumped) => (this.marked && !jumped ? true : undefined);
    const probes = [mark, async () => this.serviceSays];
    this.#watch = new SynchronisationWatch({ trust: 'auto', clock: this.clock, probes });
    await this.#watch.start();
    const spool = {
      append: async (reading: Reading) => {
        this.held.push({ ...reading, bootId: this.clock.bootId, sequence: this.held.length + 1 });
        return 'durable' as const;
      },
    };
    const synced = () => this.#watch.synced;
    this.#intake = new Intake({ spool, clock: this.clock, synced, logger: pino({ level: 'silent' }) });
  }

  stop(): void {
    this.#watch.stop();
  }

  async passes(ms: number): Promise<void> {
    this.#trueNow += ms;
    await this.clock.advance(ms);
  }

  /** Takes a reading whose value is the true time. */
  measure(): void {
    this.#intake.sinkOf('probe').measured({ sensor: 'probe/x', value: this.#trueNow });
  }

  /** Somebody sets the wall clock to the true time plus `errorMs`, and lets the answer to that come in. */
  async setClock(errorMs: number): Promise<void> {
    this.clock.setWall(this.#trueNow + errorMs);
    void this.#watch.synced; // any reading, and any post, looks
    await this.passes(1);
  }

  /** What the cloud makes of all that is held, if it is sent now: how wrong each time is, and the posts' qualities. */
  sent(): { readonly errorsMs: readonly number[]; readonly qualities: readonly (string | null)[] } {
    const moment = {
      bootId: this.clock.bootId,
      monotonicMs: this.clock.monotonic(),
      wallMs: this.clock.now(),
      synced: this.#watch.synced,
    };
    const errorsMs: number[] = [];
    const qualities: (string | null)[] = [];
    // One post holds one datability; one reading a post is the strictest case of it.
    for (const reading of this.held) {
      const batch = {
        stream: newStream(),
        first: reading.sequence,
        through: reading.sequence,
        readings: [reading],
        held: 0,
        lost: [],
        full: false,
        backlog: false,
      };
      const post = JSON.parse(JSON.stringify(encodePost(batch, resolveRegion('13')!, moment)));
      const decoded = decodePayload(post, this.#trueNow);
      if (!decoded.ok) throw new Error(decoded.detail);
      const [counted] = decoded.value.readings;
      errorsMs.push(Math.round(counted!.time - Number(reading.value)));
      qualities.push(decoded.value.clock);
    }
    return { errorsMs, qualities };
  }

  /** A power cut: what is held stays, the clocks begin anew. */
  async reboots(wall: number): Promise<Device> {
    this.stop();
    const next = new Device(wall);
    next.#trueNow = this.#trueNow;
    next.clock.bootId = 'boot-2';
    next.held.push(...this.held);
    await next.start();
    return next;
  }
}

let device: Device;
const boot = async (wall: number, says?: boolean) => {
  device = new Device(wall);
  device.serviceSays = says;
  await device.start();
};

afterEach(() => device.stop());

describe.each([
  ['in 1970', 12_000],
  ['two weeks back', TRUE_START - 14 * DAY],
  ['a year ahead', TRUE_START + 365 * DAY],
])('a device that boots %s', (_name, wall) => {
  beforeEach(() => boot(wall, false));

  it('sends exact ages until its clock is right, and exact times of the same readings from then on', async () => {
    device.measure();
    await device.passes(60_000);
    device.measure();
    expect(device.sent()).toEqual({ errorsMs: [0, 0], qualities: ['relative', 'relative'] });
    device.serviceSays = true;
    await device.setClock(0);
    device.measure();
    expect(device.sent()).toEqual({ errorsMs: [0, 0, 0], qualities: ['synced', 'synced', 'synced'] });
  });

  it('sends exact ages for a week where its clock never becomes right', async () => {
    for (let hour = 0; hour < 7 * 24; hour++) {
      device.measure();
      await device.passes(3_600_000);
    }
    const { errorsMs, qualities } = device.sent();
    expect(new Set(errorsMs)).toEqual(new Set([0]));
    expect(new Set(qualities)).toEqual(new Set(['relative']));
  });

  it('says after the next boot that it can not know the times of the former one', async () => {
    device.measure();
    await device.passes(60_000);
    device = await device.reboots(TRUE_START);
    device.serviceSays = true;
    await device.setClock(0);
    const { errorsMs, qualities } = device.sent();
    expect(qualities).toEqual(['uncertain']);
    expect(datability(device.held[0]!, 'boot-2')).toBe('undatable');
    // Never a time to come: the cloud would refuse it, and it would not be counted.
    expect(TRUE_START + errorsMs[0]!).toBeLessThanOrEqual(TRUE_START + 60_001);
  });
});

describe('a device whose clock is right', () => {
  beforeEach(async () => {
    await boot(TRUE_START, true);
    device.marked = true;
  });

  it.each([
    ['back by a day', -DAY],
    ['back by three seconds', -3_000],
    ['ahead by a day', DAY],
    ['to 1970', -TRUE_START],
  ])('and is then set %s by hand is not believed until the time service has set it again', async (_name, error) => {
    device.measure();
    await device.passes(1_000);
    device.serviceSays = false; // the kernel takes its word back when the clock is set by hand; the mark stays
    device.clock.setWall(device.clock.now() + error);
    device.measure(); // the very first reading after it is not taken in
    await device.passes(60_000);
    device.measure();
    expect(device.sent()).toEqual({ errorsMs: [0, 0, 0], qualities: ['synced', 'relative', 'relative'] });
    device.serviceSays = true;
    await device.setClock(0);
    await device.passes(1_000);
    device.measure();
    expect(device.sent()).toEqual({ errorsMs: [0, 0, 0, 0], qualities: ['synced', 'synced', 'synced', 'synced'] });
  });

  it('believes the kernel, not the mark of long ago, for ever after a jump', async () => {
    device.serviceSays = undefined;
    await device.setClock(-DAY);
    await device.passes(3 * DAY);
    device.measure();
    expect(device.sent()).toEqual({ errorsMs: [0], qualities: ['relative'] });
  });

  it('stays right where the time service itself steps it', async () => {
    device.measure();
    await device.passes(1_000);
    device.clock.setWall(device.clock.now() + 5_000); // and it was the clock before that was 5 s behind
    device.measure();
    await device.passes(1_000);
    expect(device.sent().qualities).toEqual(['synced', 'synced']);
  });

  it.each([
    ['inserted by a step back', -1_000],
    ['deleted by a step ahead', 1_000],
  ])('passes a leap second that is %s, wrong by no more than it', async (_name, step) => {
    for (let second = 0; second < 5; second++) {
      device.measure();
      await device.passes(1_000);
      if (second === 2) device.clock.setWall(device.clock.now() + step);
    }
    const { errorsMs, qualities } = device.sent();
    expect(errorsMs).toEqual([0, 0, 0, step, step]);
    expect(new Set(qualities)).toEqual(new Set(['synced']));
    expect(device.held.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });

  it('passes a leap second that is smeared over a day without a doubt', async () => {
    for (let hour = 0; hour < 24; hour++) {
      device.measure();
      await device.passes(3_600_000);
      device.clock.setWall(device.clock.now() - Math.round(1_000 / 24));
    }
    expect(new Set(device.sent().qualities)).toEqual(new Set(['synced']));
  });
});
