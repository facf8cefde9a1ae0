import Type, { type Static } from 'typebox';
import { receiptsSchema } from '../receipts/config.ts';
import { sensorsSchema } from '../sensors/config.ts';
import { spoolSchema } from '../spool/config.ts';
import { updateSchema } from '../update/config.ts';
import { uplinkSchema } from '../uplink/config.ts';

const region = Type.Optional(
  Type.String({
    description:
      "The prefecture that the device stands in, in any spelling (`13`, `JP-13`, `東京都`, `Tokyo`). Left out, the SIM's tag `pref` is asked of the metadata service.",
    minLength: 1,
  }),
);

const dataDirectory = Type.String({
  description:
    'Where the spool, the last region and the last good user data are kept. It must be on a disk that survives a restart.',
  default: '/var/lib/tashika-edge',
  minLength: 1,
  local: true,
});

const metadata = Type.Object(
  {
    url: Type.String({
      description: "The link's metadata service; `/v1/userdata` and `/v1/subscriber.tags.pref` are appended.",
      default: 'http://metadata.soracom.io',
      pattern: '^https?://',
      says: 'an address that begins with http:// or https://',
    }),
    timeoutMs: Type.Integer({
      description: 'How long one answer may take.',
      unit: 'ms',
      default: 10_000,
      minimum: 100,
      maximum: 300_000,
    }),
    userData: Type.Boolean({
      description: "Whether the user data of the SIM's group configure this agent.",
      default: true,
    }),
    startWaitMs: Type.Integer({
      description: 'How long the very first start waits for user data; later ones begin with the last good ones.',
      unit: 'ms',
      default: 5_000,
      minimum: 0,
      maximum: 300_000,
    }),
    askEveryMs: Type.Integer({
      description: 'How often user data are asked for again, less up to a half by chance.',
      unit: 'ms',
      default: 3_600_000,
      minimum: 100,
      maximum: 86_400_000,
    }),
  },
  { description: 'Asked for user data, and for the region while `region` is not set.', local: true },
);

const clock = Type.Object(
  {
    trusted: Type.Union([Type.Literal('auto'), Type.Literal('always'), Type.Literal('never')], {
      description:
        "Whether the wall clock is right. `auto` asks the system's time synchronisation (systemd-timesyncd, chrony, ntpd) and, where none is found, does not trust it.",
      default: 'auto',
    }),
  },
  { description: 'A clock that is not trusted sends ages instead of times.' },
);

const health = Type.Object(
  {
    host: Type.String({ description: 'Address of the health server.', default: '127.0.0.1', minLength: 1 }),
    port: Type.Optional(
      Type.Integer({
        description: 'Port of the health server with `/health` and `/metrics`. Left out, there is none.',
        minimum: 0,
        maximum: 65_535,
      }),
    ),
  },
  { description: 'What the agent says of itself.', local: true },
);

const log = Type.Object({
  level: Type.Union(
    (['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const).map((level) => Type.Literal(level)),
    { description: 'The least severe lines that are written.', default: 'info' },
  ),
});

/** The agent's configuration; environment prefix `TASHIKA_EDGE`. */
export const edgeSchema = Type.Object({
  region,
  dataDirectory,
  metadata,
  uplink: uplinkSchema,
  spool: spoolSchema,
  receipts: receiptsSchema,
  sensors: sensorsSchema,
  clock,
  health,
  update: updateSchema,
  log,
});

export type EdgeConfiguration = Static<typeof edgeSchema>;
