import type { Duration, TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import type { Batch, Spool, SpoolOptions } from '../../spool/index.ts';
import { MemoryFiles } from '../../spool/testing/memory-files.ts';
import { openTestSpool, reading } from '../../spool/testing/open-spool.ts';
import { EVERYTHING } from '../../spool/testing/receiver.ts';
import { Receipts, type ReceiptsOptions } from '../receipts.ts';
import { LossyCloud } from './lossy-cloud.ts';

export const MINUTE: Duration = 60_000;

export interface LogLine {
  readonly level: number;
  readonly code?: string;
  readonly msg: string;
  readonly [detail: string]: unknown;
}

export interface Device {
  readonly spool: Spool;
  readonly receipts: Receipts;
  readonly clock: TestClock;
  readonly cloud: LossyCloud;
  readonly files: MemoryFiles;
  readonly log: LogLine[];
  /** Takes readings with these values and sends all that waits, a post each time. */
  report(...values: readonly number[]): Promise<void>;
  /** Sends all that waits. */
  send(): Promise<void>;
  /** Lets time pass, sending what is asked for again every 15 s. */
  pass(ms: Duration): Promise<void>;
}

export interface DeviceOptions extends Partial<Omit<ReceiptsOptions, 'spool' | 'source'>> {
  readonly files?: MemoryFiles;
  readonly cloud?: LossyCloud;
  readonly spool?: Partial<SpoolOptions>;
}

/** A device on a disk in memory that asks for receipts: every ten minutes, five after the sending. */
export async function startDevice(options: DeviceOptions = {}): Promise<Device> {
  const { files = new MemoryFiles() } = options;
  const { spool, clock } = await openTestSpool(files, {
    keepUntilConfirmed: true,
    segmentBytes: 4_096,
    ...(options.cloud ? { clock: options.cloud.clock } : {}),
    ...options.spool,
  });
  const time = options.cloud?.clock ?? clock;
  const cloud = options.cloud ?? new LossyCloud(time);
  const log: LogLine[] = [];
  const receipts = new Receipts({
    settleMs: 5 * MINUTE,
    intervalMs: 10 * MINUTE,
    resends: 8,
    unconfirmedBytes: 1_000_000,
    random: () => 0.5,
    logger: pino({ level: 'info' }, { write: (line) => void log.push(JSON.parse(line) as LogLine) }),
    ...options,
    spool,
    source: cloud,
    clock: time,
  });
  receipts.start();
  const link = receipts.watching(spool);
  let sending: Promise<void> = Promise.resolve();

  async function sendAll(): Promise<void> {
    for (let batch: Batch | undefined = await link.read(EVERYTHING); batch; batch = await link.read(EVERYTHING)) {
      cloud.take(batch);
      await link.acknowledge(batch);
    }
  }
  const send = (): Promise<void> => {
    sending = sending.then(sendAll);
    return sending;
  };
  return {
    spool,
    receipts,
    clock: time,
    cloud,
    files,
    log,
    send,
    async report(...values) {
      for (const value of values) void spool.append(reading(value));
      await spool.flush();
      await send();
    },
    async pass(ms) {
      const end = time.monotonic() + ms;
      while (time.monotonic() < end) {
        await time.advance(Math.min(15_000, end - time.monotonic()));
        await send();
      }
    },
  };
}
