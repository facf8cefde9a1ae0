import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { Clock } from '@tashika/shared/time';
import Type from 'typebox';
import { CONTROLLER_ID_RULE, isControllerId, isTimeZone, setDevice } from '../../fleet/ddi/index.ts';
import { CHANNELS } from '../../fleet/registry/index.ts';
import { readHistory } from '../../fleet/rollout/index.ts';
import type { Store } from '../../store/index.ts';
import { badParameter, ProblemError, problems, querySchema } from '../problem.ts';
import { json, word } from '../shapes.ts';
import { entryOf } from './audit-entry.ts';
import { By, personOf } from './person.ts';
import { FleetDevice } from './shapes.ts';

const MOST_ACTIONS = 50;
const MOST_HISTORY = 20;
const tags = ['fleet'];

const OfDevice = Type.Object({
  controllerId: Type.String({ description: 'How the device calls itself.' }),
});

const Settings = Type.Object(
  {
    by: Type.Optional(By),
    channel: Type.Optional({ ...word(CHANNELS), description: 'The channel that it follows.' }),
    tags: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$' }), {
        maxItems: 32,
        description: 'All that it is tagged with.',
      }),
    ),
    timeZone: Type.Optional(Type.String({ maxLength: 64, description: 'Whose maintenance window it has.' })),
    token: Type.Optional(
      Type.Boolean({ description: 'True makes it a new target token, told once; false takes its token away.' }),
    ),
  },
  { additionalProperties: false },
);

interface DeviceRow extends Pick<FleetDevice, 'imsi' | 'board' | 'channel' | 'tags' | 'region'> {
  readonly imsiProved: boolean;
  readonly timeZone: string;
  readonly agentVersion: string | null;
  readonly systemVersion: string | null;
  readonly firstPoll: Date;
  readonly lastPoll: Date;
  readonly lastSeen: Date | null;
}

/** Devices as their updaters, their readings and the rollouts have them. */
export function fleetDeviceRoutes(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly tenant: string;
}): FastifyPluginAsyncTypebox {
  const { store, clock, tenant } = options;

  async function deviceOf(controllerId: string): Promise<FleetDevice> {
    if (!isControllerId(controllerId))
      throw badParameter('controllerId', `There is no such device: ${CONTROLLER_ID_RULE}.`);
    const [row] = await store.query<DeviceRow>(DEVICE, [tenant, controllerId]);
    if (!row) throw new ProblemError('NOT_FOUND', `No device calls itself ${controllerId}.`);
    const { firstPoll, lastPoll, lastSeen, ...known } = row;
    const rollouts = await store.query<Omit<FleetDevice['rollouts'][number], 'since'> & { since: Date }>(ROLLOUTS, [
      ...[tenant, controllerId],
    ]);
    const actions = await store.query<
      Omit<FleetDevice['actions'][number], 'createdAt' | 'closedAt'> & { createdAt: Date; closedAt: Date | null }
    >(ACTIONS, [tenant, controllerId, MOST_ACTIONS]);
    const history = await readHistory(store, controllerId, MOST_HISTORY);
    return {
      controllerId,
      ...known,
      firstPoll: unlessNever(firstPoll),
      lastPoll: unlessNever(lastPoll),
      lastSeen: lastSeen?.toISOString() ?? null,
      rollouts: rollouts.map(({ since, why, ...each }) => ({
        ...each,
        since: since.toISOString(),
        ...(why && { why }),
      })),
      actions: actions.map(({ createdAt, closedAt, ...each }) => ({
        ...each,
        createdAt: createdAt.toISOString(),
        closedAt: closedAt?.toISOString() ?? null,
      })),
      history: history.map(entryOf),
    };
  }

  return async (app) => {
    app.get(
      '/api/fleet/devices/:controllerId',
      {
        schema: {
          operationId: 'getFleetDevice',
          summary: 'One device: what it has, what it was told, what became of it',
          tags,
          params: OfDevice,
          querystring: querySchema({}),
          response: { 200: { description: 'The device.', ...json(FleetDevice) }, ...problems(400, 404) },
        },
      },
      async ({ params }): Promise<FleetDevice> => deviceOf(params.controllerId),
    );

    app.put(
      '/api/fleet/devices/:controllerId',
      {
        schema: {
          operationId: 'putFleetDevice',
          summary: 'Set what a device follows, and what it is known by',
          description: 'What is left out stays as it is. A device that has never asked is made known by it.',
          tags,
          params: OfDevice,
          querystring: querySchema({}),
          body: Settings,
          response: {
            200: { description: 'The device; with its new token, if one was asked for.', ...json(FleetDevice) },
            ...problems(400, 413, 415),
          },
        },
      },
      async ({ params: { controllerId }, body: { by = 'somebody at the API', ...settings } }): Promise<FleetDevice> => {
        if (!isControllerId(controllerId))
          throw badParameter('controllerId', `${controllerId.slice(0, 64)}: ${CONTROLLER_ID_RULE}.`);
        if (settings.timeZone !== undefined && !isTimeZone(settings.timeZone))
          throw badParameter('timeZone', 'timeZone is no time zone; write it as Asia/Tokyo.');
        const token = await setDevice(store, { tenant, controllerId }, settings, {
          by: personOf(by),
          now: clock.now(),
        });
        return { ...(await deviceOf(controllerId)), ...(token !== undefined && { token }) };
      },
    );
  };
}

/** What a device tells by its readings is believed before what its updater says; a sealed value is neither. */
const told = (name: string, column: string) =>
  `coalesce(CASE WHEN device.last_values -> '${name}' -> 'sealed' IS NULL
                 THEN device.last_values -> '${name}' ->> 'value' END, fleet.${column})`;

const DEVICE = `
  SELECT fleet.imsi, fleet.imsi_proved AS "imsiProved", device.region, fleet.board, fleet.channel, fleet.tags,
         fleet.time_zone AS "timeZone", ${told('agent/version', 'agent_version')} AS "agentVersion",
         ${told('agent/system', 'system_version')} AS "systemVersion", fleet.first_poll AS "firstPoll",
         fleet.last_poll AS "lastPoll", device.last_seen AS "lastSeen"
    FROM fleet_device AS fleet LEFT JOIN device USING (imsi)
   WHERE fleet.tenant = $1 AND fleet.controller_id = $2`;

const ROLLOUTS = `
  SELECT part.rollout_id AS rollout, part.wave, part.state, part.since, part.detail, part.why,
         part.previous_version AS "previousVersion"
    FROM rollout_device AS part JOIN rollout ON rollout.id = part.rollout_id
   WHERE rollout.tenant = $1 AND part.controller_id = $2
   ORDER BY rollout.created_at DESC, rollout.id LIMIT 50`;

const ACTIONS = `
  SELECT id::text, rollout_id AS rollout, purpose, kind || '/' || version AS image, state, outcome, progress,
         created_at AS "createdAt", closed_at AS "closedAt", detail
    FROM deployment_action WHERE tenant = $1 AND controller_id = $2 ORDER BY deployment_action.id DESC LIMIT $3`;

/** The epoch stands for never. */
function unlessNever(time: Date): string | null {
  return time.getTime() === 0 ? null : time.toISOString();
}
