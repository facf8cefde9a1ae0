import { resolveRegion } from '@tashika/shared/regions';
import type { Post } from '@tashika/shared/telemetry';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import type { BootClock } from './clock/index.ts';
import { loadEdgeConfiguration } from './config/index.ts';
import { type Reading, Spool } from './spool/index.ts';
import { DiskMeter, meteredFiles } from './spool/metered-files.ts';
import { MemoryFiles } from './spool/testing/memory-files.ts';
import { BOOT } from './spool/testing/open-spool.ts';
import { encodePack } from './uplink/encode.ts';
import { Uplink } from './uplink/index.ts';

const SENSORS = ['system/cpu_temp', 'gpio/door', 'modbus/meter/power', 'env/temp', 'env/humidity'];

/** An agent at the defaults that measures for ten minutes and sends what it measures. */
async function tenMinutes(readingsPerSecond: number) {
  const { spool: settings, uplink: link } = loadEdgeConfiguration(undefined, { TASHIKA_EDGE_REGION: '13' });
  const clock = new TestClock();
  const bootClock: BootClock = Object.assign(clock, { bootId: BOOT });
  const meter = new DiskMeter({ clock, synced: () => true });
  const files = meteredFiles(new MemoryFiles(), meter);
  const spool = await Spool.open({ ...settings, files, clock, meter, bootId: BOOT, report: () => {} });
  let packBytes = 0;
  const uplink = new Uplink({
    ...link,
    spool,
    link: {
      async post(body) {
        packBytes += JSON.stringify((JSON.parse(body.toString()) as Post).pack).length;
        return { kind: 'accepted' };
      },
      close: async () => {},
    },
    region: { known: Promise.resolve(), current: resolveRegion('13') },
    clock: bootClock,
    synced: () => true,
    retry: { firstMs: 1_000, mostMs: 60_000 },
    replay: { share: 1, speed: 1_000_000 },
    random: () => 0.5,
    logger: pino({ level: 'silent' }),
  });
  uplink.start();
  const beforeBytes = meter.bytesWritten;
  const beforeBlocks = meter.blockBytes;
  const readings = 600 * readingsPerSecond;
  let payloadBytes = 0;
  for (let taken = 0; taken < readings; taken++) {
    const reading: Reading = {
      name: SENSORS[taken % SENSORS.length]!,
      unit: 'Cel',
      value: Math.round(Math.sin(taken) * 1_000) / 10,
      monotonicMs: clock.monotonic(),
      wallMs: clock.now(),
      synced: true,
    };
    payloadBytes += recordOf(reading).length;
    void spool.append(reading);
    await clock.advance(1_000 / readingsPerSecond);
  }
  await uplink.drain(AbortSignal.timeout(5_000));
  await spool.close();
  const writtenBytes = meter.bytesWritten - beforeBytes;
  const blockBytes = meter.blockBytes - beforeBlocks;
  return { readings, writtenBytes, blockBytes, payloadBytes, packBytes, sent: uplink.figures.readingsAccepted };
}

/** A reading as a SenML record by itself: what there is to say of it, in the words that are sent. */
function recordOf(reading: Reading): string {
  const moment = { bootId: BOOT, monotonicMs: reading.monotonicMs, wallMs: reading.wallMs, synced: true };
  return JSON.stringify(encodePack([{ ...reading, bootId: BOOT, sequence: 1 }], moment)[0]);
}

describe('what an agent writes to its card at the defaults', () => {
  it.each([1, 10])('is at most two bytes per byte of payload, at %i readings a second', async (rate) => {
    const { readings, sent, writtenBytes, payloadBytes, packBytes } = await tenMinutes(rate);
    expect(sent).toBe(readings);
    expect(writtenBytes / payloadBytes).toBeLessThan(2);
    // Even where posts say only once what their readings share.
    expect(writtenBytes / packBytes).toBeLessThan(2);
  });

  it('is within the daily budget in whole blocks, too, at ten readings a second', async () => {
    const { blockBytes } = await tenMinutes(10);
    const { dailyWriteBytes } = loadEdgeConfiguration(undefined, { TASHIKA_EDGE_REGION: '13' }).spool;
    expect(blockBytes * 6 * 24).toBeLessThan(dailyWriteBytes);
  });
});
