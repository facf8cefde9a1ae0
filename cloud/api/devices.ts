import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock, Duration } from '@tashika/shared/time';
import Type from 'typebox';
import { readStreams, type StreamFigures } from '../ledger/index.ts';
import type { Store } from '../store/index.ts';
import { completenessOf } from './completeness.ts';
import { Conditions } from './condition.ts';
import { DEFAULT_LIMIT, ImsiParameter, LimitParameter, RegionParameter, regionOfParameter } from './parameters.ts';
import { ProblemError, problems, querySchema } from './problem.ts';
import { Device, DeviceList, json, type Stream } from './shapes.ts';

/** Ranges of missing numbers that are named per stream; a page of up to 1,000 devices names fewer of each. */
const MOST_RANGES_IN_LIST = 100;
const MOST_RANGES_OF_ONE = 10_000;

interface DeviceRow {
  readonly imsi: string;
  readonly imei: string | null;
  readonly region: string;
  readonly last_seen: Date;
  readonly last_values: Device['lastValues'];
  readonly clock: string | null;
  readonly posts: number;
}

/** The devices, what they last said, and how much of what they took has been counted. */
export function deviceRoutes(options: {
  store: Store;
  clock: Clock;
  silentAfterMs: Duration;
}): FastifyPluginAsyncTypebox {
  const { store, clock, silentAfterMs } = options;

  async function devices(conditions: Conditions, limit: number, mostRanges: number): Promise<Device[]> {
    const rows = await store.query<DeviceRow>(
      `SELECT imsi, imei, region, last_seen, last_values, clock, posts
         FROM device ${conditions.sql} ORDER BY imsi LIMIT ${conditions.next(limit)}`,
      conditions.parameters,
    );
    const imsis = rows.map((row) => row.imsi);
    const byImsi = new Map(imsis.map((imsi): [string, Stream[]] => [imsi, []]));
    for (const figures of await readStreams(store, imsis, mostRanges))
      byImsi.get(figures.imsi)!.push(streamOf(figures));
    const silentBefore = clock.now() - silentAfterMs;
    return rows.map((row) => deviceOf(row, byImsi.get(row.imsi)!, silentBefore));
  }

  return async (app) => {
    app.get(
      '/api/devices',
      {
        schema: {
          operationId: 'listDevices',
          summary: 'Devices, in order of their imsi',
          tags: ['devices'],
          querystring: querySchema({
            region: Type.Optional(RegionParameter),
            after: Type.Optional(ImsiParameter('The `next` of the page before.')),
            limit: Type.Optional(LimitParameter),
          }),
          response: { 200: { description: 'A page of devices.', ...json(DeviceList) }, ...problems(400) },
        },
      },
      async ({ query }): Promise<DeviceList> => {
        const { limit = DEFAULT_LIMIT } = query;
        const conditions = new Conditions()
          .add('region = ?', regionOfParameter(query.region))
          .add('imsi > ?', query.after);
        const found = await devices(conditions, limit + 1, MOST_RANGES_IN_LIST);
        const page = found.slice(0, limit);
        return { devices: page, next: found.length > limit ? page.at(-1)!.imsi : null };
      },
    );

    app.get(
      '/api/devices/:imsi',
      {
        schema: {
          operationId: 'getDevice',
          summary: 'One device',
          tags: ['devices'],
          params: Type.Object({ imsi: ImsiParameter('The SIM of the device.') }),
          response: { 200: { description: 'The device.', ...json(Device) }, ...problems(400, 404) },
        },
      },
      async ({ params }): Promise<Device> => {
        const [device] = await devices(new Conditions().add('imsi = ?', params.imsi), 1, MOST_RANGES_OF_ONE);
        if (!device) throw new ProblemError('NOT_FOUND', `No device has been seen with the imsi ${params.imsi}.`);
        return device;
      },
    );
  };
}

function streamOf({ imsi: _, missing, ...figures }: StreamFigures): Stream {
  return { ...figures, missing: [...missing] };
}

function deviceOf(row: DeviceRow, streams: Stream[], silentBefore: number): Device {
  return {
    imsi: row.imsi,
    imei: row.imei,
    region: row.region,
    lastSeen: row.last_seen.toISOString(),
    reporting: row.last_seen.getTime() >= silentBefore,
    lastValues: row.last_values,
    clock: row.clock,
    posts: row.posts,
    streams,
    completeness: completenessOf(streams),
  };
}
