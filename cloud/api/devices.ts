import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock, Duration } from '@tashika/shared/time';
import Type from 'typebox';
import { readStreams, type StreamFigures } from '../ledger/index.ts';
import { type Opening, placeOfValue } from '../sealing/index.ts';
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
  opening?: Opening | undefined;
}): FastifyPluginAsyncTypebox {
  const { store, clock, silentAfterMs, opening } = options;

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
    return Promise.all(
      rows.map(async (row) => {
        const values = await opened(row, opening);
        return deviceOf({ ...row, last_values: values }, byImsi.get(row.imsi)!, silentBefore);
      }),
    );
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

/** The last values, those that are kept sealed opened; null stands for one that can't be. */
async function opened(
  { imsi, last_values: values }: DeviceRow,
  opening: Opening | undefined,
): Promise<Device['lastValues']> {
  const shown = { ...values };
  for (const [name, last] of Object.entries(values))
    if (last.sealed)
      shown[name] = { ...last, value: await openedValue(String(last.value), placeOfValue(imsi, name), opening) };
  return shown;
}

/** Devices are shown although Vault is away, or this process may not decrypt. */
async function openedValue(text: string, place: string, opening: Opening | undefined) {
  try {
    return opening ? JSON.parse((await opening.open(text, place)).toString()) : null;
  } catch {
    return null;
  }
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
