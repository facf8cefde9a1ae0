import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock } from '@tashika/shared/time';
import Type from 'typebox';
import type { Store } from '../store/index.ts';
import { percentilesOf, type SketchedValue } from '../windows/index.ts';
import { Conditions } from './condition.ts';
import {
  DEFAULT_WINDOW_LIMIT,
  RegionParameter,
  regionOfParameter,
  TimeParameter,
  timeOf,
  WindowLimitParameter,
} from './parameters.ts';
import { badParameter, problems, querySchema } from './problem.ts';
import { json, WindowList, WindowValues } from './shapes.ts';
import { WindowKeyParameter, windowKey, windowKeyOf } from './window-key.ts';
import { readWatermark, WINDOW_COLUMNS, type WindowRow, windowOf } from './window-rows.ts';

const DEFAULT_SPAN_MS = 2 * 3_600_000;

/** Counts per region and minute, and what one window's sensors measured. */
export function windowRoutes({ store, clock }: { store: Store; clock: Clock }): FastifyPluginAsyncTypebox {
  return async (app) => {
    app.get(
      '/api/windows',
      {
        schema: {
          operationId: 'listWindows',
          summary: 'Counts per region and minute',
          tags: ['windows'],
          querystring: querySchema({
            from: Type.Optional(TimeParameter('The first windowEnd, inclusive; 2 hours before `to` or now if absent.')),
            to: Type.Optional(TimeParameter('The last windowEnd, inclusive; no bound if absent.')),
            region: Type.Optional(RegionParameter),
            after: Type.Optional(WindowKeyParameter('The `next` of the page before.')),
            limit: Type.Optional(WindowLimitParameter),
          }),
          response: {
            200: { description: 'A page of windows, in order of windowEnd, then region.', ...json(WindowList) },
            ...problems(400),
          },
        },
      },
      async ({ query }): Promise<WindowList> => {
        const to = timeOf('to', query.to);
        const from = timeOf('from', query.from) ?? Math.max(0, (to ?? clock.now()) - DEFAULT_SPAN_MS);
        if (to !== undefined && to < from) throw badParameter('to', 'to must not be before from.');
        const { limit = DEFAULT_WINDOW_LIMIT } = query;
        const conditions = new Conditions()
          .add('window_end >= ?', new Date(from))
          .add('window_end <= ?', to === undefined ? undefined : new Date(to))
          .add('region = ?', regionOfParameter(query.region));
        const after = windowKeyOf('after', query.after);
        if (after)
          conditions.always(
            `(window_end, region) > (${conditions.next(new Date(after.end))}, ${conditions.next(after.region)})`,
          );
        const watermark = await readWatermark(store);
        const rows = await store.query<WindowRow>(
          `SELECT ${WINDOW_COLUMNS} FROM window_counts ${conditions.sql} ORDER BY window_end, region LIMIT ${conditions.next(limit + 1)}`,
          conditions.parameters,
        );
        const page = rows.slice(0, limit).map(windowOf);
        return {
          watermark: watermark?.toISOString() ?? null,
          windows: page,
          next: rows.length > limit ? windowKey(page.at(-1)!) : null,
        };
      },
    );

    app.get(
      '/api/windows/values',
      {
        schema: {
          operationId: 'listWindowValues',
          summary: 'The numeric readings of one window, by sensor, with their percentiles',
          tags: ['windows'],
          querystring: querySchema({ windowEnd: TimeParameter('The end of the window.'), region: RegionParameter }),
          response: {
            200: {
              description: 'In order of sensor; empty if the window has no numeric reading.',
              ...json(WindowValues),
            },
            ...problems(400),
          },
        },
      },
      async ({ query }): Promise<WindowValues> => {
        const windowEnd = new Date(timeOf('windowEnd', query.windowEnd)!);
        const region = regionOfParameter(query.region)!;
        const values = await store.query<ValueRow>(
          `SELECT sensor, unit, count, sum, min, max, sketch FROM window_value
            WHERE window_end = $1 AND region = $2 ORDER BY sensor, unit`,
          [windowEnd, region],
        );
        return { windowEnd: windowEnd.toISOString(), region, values: values.map(measured) };
      },
    );
  };
}

interface ValueRow extends SketchedValue {
  readonly sensor: string;
  readonly unit: string;
  readonly sum: number;
}

function measured({ sketch, ...row }: ValueRow): WindowValues['values'][number] {
  // JSON has no infinity, which is what the store has of a sum that is beyond what a float can hold.
  const sum = Number.isFinite(row.sum) ? row.sum : null;
  return { ...row, sum, percentiles: percentilesOf({ ...row, sketch }) };
}
