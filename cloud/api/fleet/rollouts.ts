import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock } from '@tashika/shared/time';
import Type from 'typebox';
import type { FleetSettings } from '../../config/fleet.ts';
import {
  ByRevision,
  isRollout,
  type KeptRollout,
  ORDERS,
  type OrderName,
  orderRollout,
  planRollout,
  readAudit,
  readCrowds,
  readRollout,
  readRollouts,
  readSetbacks,
  readSignals,
  readTallies,
  readVersions,
  type Tally,
} from '../../fleet/rollout/index.ts';
import { costlyAnswer, type Store } from '../../store/index.ts';
import { DEFAULT_LIMIT, LimitParameter, NumberParameter } from '../parameters.ts';
import { badParameter, ProblemError, problems, querySchema } from '../problem.ts';
import { json } from '../shapes.ts';
import { entryOf } from './audit-entry.ts';
import { By, LONGEST_WORDS, personOf, written } from './person.ts';
import { iso, type Parts, summaryOf, wholeOf } from './rollout-view.ts';
import { AuditList, FleetVersions, Rollout, RolloutList } from './shapes.ts';

/** A plan may name ten thousand devices. */
const MOST_PLAN_BYTES = 1_048_576;
/** Rollouts whose devices are kept counted by state, and those that are kept counted by wave, region and board too. */
const MOST_COUNTED = 5_000;
const MOST_SHOWN = 16;
const ROLLOUT_ID = '^[a-z0-9][a-z0-9-]{0,62}$';
const tags = ['fleet'];

const Reason = Type.String({ maxLength: LONGEST_WORDS, description: 'Why, for the audit log.' });
const OfRollout = Type.Object({
  id: Type.String({ pattern: ROLLOUT_ID, description: 'Name of the rollout.' }),
});
const PlanBy = Type.Object(
  { by: By },
  {
    additionalProperties: true,
    description: 'A plan (`id`, `image`, `target`, `waves`, …, as `plan` of a Rollout has it), and who planned it.',
  },
);
const OrderBy = { by: By, reason: Type.Optional(Reason) };
const ORDER_BODIES = {
  abort: Type.Object(
    {
      ...OrderBy,
      rollBack: Type.Optional(
        Type.Boolean({
          description: 'Devices that have the image are rolled back; otherwise they are left as they are.',
        }),
      ),
    },
    { additionalProperties: false },
  ),
  other: Type.Object(OrderBy, { additionalProperties: false }),
};

const SUMMARIES: Readonly<Record<OrderName, string>> = {
  approve: 'Approve a rollout, as another person than who planned it',
  start: 'Start a rollout: its devices are frozen, and its first wave is offered the image',
  pause: 'Pause a rollout: nothing more is offered, and what was offered goes on',
  resume: 'Go on with a rollout that a person paused',
  abort: 'End a rollout for good: nothing more is offered, and what is open is taken back',
};

export interface RolloutRouteOptions {
  readonly store: Store;
  readonly clock: Clock;
  readonly settings: Pick<FleetSettings, 'tenant' | 'sampleMs'> & Partial<Pick<FleetSettings, 'requireApproval'>>;
}

/** Rollouts: planned, steered and looked at. The coordinator steps them; here a person's word is taken. */
export function rolloutRoutes({ store, clock, settings }: RolloutRouteOptions): FastifyPluginAsyncTypebox {
  const { tenant } = settings;
  const planning = { store, tenant, roundMs: settings.sampleMs, requireApproval: settings.requireApproval };
  const tallies = new ByRevision<Tally>(MOST_COUNTED);
  const parts = new ByRevision<Parts>(MOST_SHOWN);
  const versions = costlyAnswer(clock, async () => ({ at: clock.now(), told: await readVersions(store) }));

  async function partsOf([id]: readonly string[]): Promise<ReadonlyMap<string, Parts>> {
    const [crowds, setbacks] = [await readCrowds(store, id!), await readSetbacks(store, id!)];
    return new Map([[id!, { crowds, setbacks }]]);
  }

  async function whole(rollout: KeptRollout): Promise<Rollout> {
    const [read] = (await parts.of([rollout], partsOf)) as [Parts];
    return wholeOf(rollout, read, await readSignals(store, rollout.id));
  }

  async function known(id: string): Promise<KeptRollout> {
    const rollout = await readRollout(store, tenant, id);
    if (!rollout) throw notKnown(id);
    return rollout;
  }

  return async (app) => {
    app.get(
      '/api/fleet/rollouts',
      {
        schema: {
          operationId: 'listRollouts',
          summary: 'Rollouts, the newest first',
          tags,
          querystring: querySchema({
            after: Type.Optional(Type.String({ pattern: ROLLOUT_ID, description: 'The `next` of the page before.' })),
            limit: Type.Optional(LimitParameter),
          }),
          response: { 200: { description: 'A page of rollouts.', ...json(RolloutList) }, ...problems(400) },
        },
      },
      async ({ query: { after = null, limit = DEFAULT_LIMIT } }): Promise<RolloutList> => {
        if (after !== null && !(await isRollout(store, tenant, after)))
          throw badParameter('after', `after is ${after}, and there is no such rollout.`);
        const found = await readRollouts(store, tenant, { after, limit: limit + 1 });
        const page = found.slice(0, limit);
        const told = await tallies.of(page, (ids) => readTallies(store, ids));
        return {
          rollouts: page.map((rollout, index) => summaryOf(rollout, told[index]!)),
          next: found.length > limit ? page.at(-1)!.id : null,
        };
      },
    );

    app.post(
      '/api/fleet/rollouts',
      {
        bodyLimit: MOST_PLAN_BYTES,
        schema: {
          operationId: 'planRollout',
          summary: 'Plan a rollout; nothing starts',
          description: 'The same plan again is answered as it stands. All that speaks against a plan is told at once.',
          tags,
          body: PlanBy,
          querystring: querySchema({}),
          response: { 200: { description: 'What it comes to.', ...json(Rollout) }, ...problems(400, 413) },
        },
      },
      async ({ body: { by, ...plan } }): Promise<Rollout> =>
        whole(await planRollout(planning, plan, { by: personOf(by), now: clock.now() })),
    );

    app.get(
      '/api/fleet/rollouts/:id',
      {
        schema: {
          operationId: 'getRollout',
          summary: 'One rollout: its waves, the signals of the gate, and what halted it',
          tags,
          params: OfRollout,
          querystring: querySchema({}),
          response: { 200: { description: 'The rollout.', ...json(Rollout) }, ...problems(400, 404) },
        },
      },
      async ({ params }): Promise<Rollout> => whole(await known(params.id)),
    );

    for (const order of ORDERS)
      app.post(
        `/api/fleet/rollouts/:id/${order}`,
        {
          schema: {
            operationId: `${order}Rollout`,
            summary: SUMMARIES[order],
            tags,
            params: OfRollout,
            body: order === 'abort' ? ORDER_BODIES.abort : ORDER_BODIES.other,
            querystring: querySchema({}),
            response: { 200: { description: 'The rollout since.', ...json(Rollout) }, ...problems(400, 404) },
          },
        },
        async ({ params, body }): Promise<Rollout> => {
          const { by, reason, rollBack } = body as { by: string; reason?: string; rollBack?: boolean };
          const why = reason?.trim() ? written(reason) : undefined;
          return whole(
            await orderRollout(planning, params.id, { order, by: personOf(by), reason: why, rollBack }, clock.now()),
          );
        },
      );

    app.get(
      '/api/fleet/rollouts/:id/audit',
      {
        schema: {
          operationId: 'listRolloutAudit',
          summary: 'Each step of a rollout and of its devices with its reason, the newest first',
          tags,
          params: OfRollout,
          querystring: querySchema({
            before: Type.Optional(NumberParameter('The `next` of the page before.')),
            limit: Type.Optional(LimitParameter),
          }),
          response: { 200: { description: 'A page of entries.', ...json(AuditList) }, ...problems(400, 404) },
        },
      },
      async ({ params, query }): Promise<AuditList> => {
        if (!(await isRollout(store, tenant, params.id))) throw notKnown(params.id);
        const { limit = DEFAULT_LIMIT, before } = query;
        const olderThan = before === undefined ? Number.MAX_SAFE_INTEGER : Number(before);
        const found = await readAudit(store, params.id, olderThan, limit + 1);
        const entries = found.slice(0, limit).map(entryOf);
        return { entries, next: found.length > limit ? entries.at(-1)!.id : null };
      },
    );

    app.get(
      '/api/fleet/versions',
      {
        schema: {
          operationId: 'listFleetVersions',
          summary: "The agent's versions by region, as the devices' readings tell them",
          tags,
          querystring: querySchema({}),
          response: { 200: { description: 'In the order of the regions.', ...json(FleetVersions) }, ...problems(400) },
        },
      },
      async (): Promise<FleetVersions> => {
        const regions = new Map<string, { version: string; devices: number }[]>();
        const { at, told } = await versions();
        for (const { region, version, devices } of told) {
          const ofRegion = regions.get(region) ?? [];
          ofRegion.push({ version, devices });
          regions.set(region, ofRegion);
        }
        return {
          asOf: iso(at),
          regions: [...regions].map(([region, versions]) => ({ region, versions })),
        };
      },
    );
  };
}

function notKnown(id: string): ProblemError {
  return new ProblemError('NOT_FOUND', `There is no rollout ${id}.`);
}
