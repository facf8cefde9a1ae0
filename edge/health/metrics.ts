import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { SensorStatus } from '../intake.ts';
import type { ProvisioningState } from '../provisioning/index.ts';
import type { ReceiptsFigures } from '../receipts/index.ts';
import type { SensorFigures } from '../sensors/port.ts';
import type { DiskFigures, SpoolFigures } from '../spool/index.ts';
import type { UpdaterFigures } from '../update/seen-updater.ts';
import type { UplinkFigures, WayOutFigures } from '../uplink/index.ts';
import { updateMetrics } from './update-metrics.ts';

/** What the agent can say of itself at any moment. */
export interface AgentFigures {
  /** Which user data configure the agent; undefined where they are switched off. */
  readonly provisioning: ProvisioningState | undefined;
  readonly region: string | undefined;
  readonly synced: boolean;
  /** Values that were refused at the spool's door, by sensor. */
  readonly refused: number;
  readonly spool: SpoolFigures;
  readonly disk: DiskFigures;
  readonly uplink: UplinkFigures & WayOutFigures;
  /** Undefined where no receipts are asked for. */
  readonly receipts: ReceiptsFigures | undefined;
  /** Of the updater beside the agent; undefined where none is configured. */
  readonly update: UpdaterFigures | undefined;
  readonly sensors: ReadonlyMap<string, SensorStatus & SensorFigures>;
}

/** Prometheus metrics, read from the figures when they are asked for: nothing is counted twice. */
export function agentMetrics(figures: () => AgentFigures): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: 'tashika_edge_' });

  function total(name: string, help: string, read: (figures: AgentFigures) => number): void {
    new Counter({
      name: `tashika_edge_${name}_total`,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(figures()));
      },
    });
  }
  function gauge(name: string, help: string, read: (figures: AgentFigures) => number): void {
    new Gauge({
      name: `tashika_edge_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read(figures()));
      },
    });
  }

  total('readings', 'Readings taken into the spool since the start.', ({ spool }) => spool.appended);
  total('readings_refused', 'Values that can not be readings, such as NaN, since the start.', ({ refused }) => refused);
  total('readings_lost', 'Readings given up since the start; the cloud is told which.', ({ spool }) => spool.lost);
  total(
    'readings_accepted',
    'Readings that the link has taken since the start.',
    ({ uplink }) => uplink.readingsAccepted,
  );
  total('uplink_bytes', 'Bytes of posts sent, failed attempts included.', ({ uplink }) => uplink.bytesSent);
  total(
    'uplink_air_bytes',
    'Bytes on the air since the start, both ways, with the headers of TCP or UDP and IP: an estimate.',
    ({ uplink }) => uplink.airBytes,
  );
  total('uplink_connections', 'Connections opened since the start.', ({ uplink }) => uplink.connections);
  total('uplink_modem_resets', 'Times that the modem was reset since the start.', ({ uplink }) => uplink.modemResets);
  gauge(
    'streams_newer',
    'Streams in the spool that a newer agent wrote; they are left as they are until it comes back.',
    ({ spool }) => spool.newer.length,
  );
  gauge(
    'uplink_budget_bytes_used',
    "Bytes of the link's budget that the day has used; 0 without a budget.",
    ({ uplink }) => uplink.budget?.bytesUsed ?? 0,
  );
  gauge(
    'uplink_budget_bytes_limit',
    "Bytes of the link's budget for a day; +Inf without one.",
    ({ uplink }) => uplink.budget?.limitBytes ?? Number.POSITIVE_INFINITY,
  );
  total('disk_written_bytes', 'Bytes written to the disk.', ({ disk }) => disk.bytesWritten);
  total(
    'disk_written_block_bytes',
    'Bytes written to the disk in whole blocks of 4 KiB, each counted whenever it was forced: what wears a card.',
    ({ disk }) => disk.blockBytes,
  );
  total('disk_syncs', 'Times that the disk was forced to write.', ({ disk }) => disk.syncs);
  gauge(
    'disk_written_bytes_per_reading',
    'Bytes written to the disk for each reading taken in, since the start.',
    ({ disk, spool }) => (spool.appended === 0 ? 0 : disk.bytesWritten / spool.appended),
  );
  gauge(
    'disk_written_today_bytes',
    'Bytes written in whole blocks in the running day in Japan, those of earlier starts included.',
    ({ disk }) => disk.todayBytes,
  );
  gauge('disk_write_budget_spent', '1 while the day has written more than spool.dailyWriteBytes.', ({ spool }) =>
    spool.writeBudgetSpent ? 1 : 0,
  );
  gauge('readings_held', 'Readings that wait in the spool for the link.', ({ spool }) => spool.held);
  gauge(
    'readings_unconfirmed',
    'Readings that the link has taken and the cloud has not confirmed; 0 without receipts.',
    ({ spool }) => spool.unconfirmed,
  );
  gauge(
    'readings_unarrived',
    'Numbers that the link takes each time they are sent and the cloud never has; they are not sent again.',
    ({ receipts }) => receipts?.unarrived ?? 0,
  );
  total(
    'readings_resent',
    'Readings that the link has taken once more because the cloud did not have them.',
    ({ receipts }) => receipts?.resent ?? 0,
  );
  new Counter({
    name: 'tashika_edge_receipts_total',
    help: 'Questions for a receipt by what came of them.',
    labelNames: ['result'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [result, count] of Object.entries(figures().receipts?.answers ?? {})) this.inc({ result }, count);
    },
  });
  gauge('spool_disk_bytes', 'Bytes of the spool on the disk.', ({ spool }) => spool.diskBytes);
  gauge('spool_memory_bytes', 'Bytes of readings on their way to the disk.', ({ spool }) => spool.memoryBytes);
  gauge('spool_disk_refuses', '1 while the disk takes no writes.', ({ spool }) => (spool.diskRefuses ? 1 : 0));
  gauge('clock_synced', '1 while the wall clock is trusted.', ({ synced }) => (synced ? 1 : 0));
  gauge(
    'uplink_failures_in_row',
    'Attempts to post since the last accepted one.',
    ({ uplink }) => uplink.failuresInRow,
  );
  gauge('user_data_refused', "1 while the group's user data are refused.", ({ provisioning }) =>
    provisioning?.refused ? 1 : 0,
  );
  new Gauge({
    name: 'tashika_edge_user_data_info',
    help: 'The user data that configure the agent, by the first 12 hex digits of their SHA-256; none without any.',
    labelNames: ['hash'],
    registers: [registry],
    collect() {
      this.reset();
      const { provisioning } = figures();
      if (provisioning) this.set({ hash: provisioning.hash ?? 'none' }, 1);
    },
  });
  new Counter({
    name: 'tashika_edge_posts_total',
    help: 'Posts by what the link made of them.',
    labelNames: ['verdict'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [verdict, count] of Object.entries(figures().uplink.posts)) this.inc({ verdict }, count);
    },
  });
  new Gauge({
    name: 'tashika_edge_sensor_running',
    help: '1 while the sensor measures.',
    labelNames: ['sensor'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [sensor, { state }] of figures().sensors) this.set({ sensor }, state === 'running' ? 1 : 0);
    },
  });
  new Gauge({
    name: 'tashika_edge_sensor_state',
    help: '1 for the state that the sensor is in; /health has the reason.',
    labelNames: ['sensor', 'state'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [sensor, { state }] of figures().sensors)
        for (const each of ['starting', 'running', 'failed']) this.set({ sensor, state: each }, state === each ? 1 : 0);
    },
  });
  function totalBySensor(name: string, help: string, read: (figures: SensorFigures) => number): void {
    new Counter({
      name: `tashika_edge_${name}_total`,
      help,
      labelNames: ['sensor'],
      registers: [registry],
      collect() {
        this.reset();
        for (const [sensor, each] of figures().sensors) this.inc({ sensor }, read(each));
      },
    });
  }
  totalBySensor('sensor_failures', 'Times that the sensor failed and was started again.', ({ failures }) => failures);
  totalBySensor(
    'sensor_held_back',
    'Measurements that became no reading, because sensors.reporting asks for fewer.',
    ({ heldBack }) => heldBack,
  );
  if (figures().update) updateMetrics(registry, () => figures().update);
  return registry;
}
