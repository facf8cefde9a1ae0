import Type, { type Static } from 'typebox';
import { oneOf } from '../source-settings.ts';

const modemSchema = Type.Object(
  {
    by: oneOf(['auto', 'modemmanager', 'at', 'off'], {
      description:
        "How the cellular modem is asked for its signal. `auto`: ModemManager's `mmcli` where it is installed and has a modem, else nothing. `at`: AT commands over `path`.",
      default: 'auto',
    }),
    path: Type.Optional(
      Type.String({
        description:
          'For `at`: a serial port of the modem that no other program uses; prefer `/dev/serial/by-id/…`. It is opened for each question and let go again.',
        minLength: 1,
      }),
    ),
    baudRate: Type.Integer({
      description: 'Speed of that port; USB modems take any.',
      unit: 'bit/s',
      default: 115_200,
      minimum: 50,
      maximum: 4_000_000,
    }),
    answerMs: Type.Integer({
      description: 'How long the modem, or `mmcli`, may take for an answer.',
      unit: 'ms',
      default: 5_000,
      minimum: 100,
      maximum: 60_000,
    }),
  },
  { description: 'The link quality of the cellular modem.' },
);

export const systemSchema = Type.Object({
  enabled: Type.Boolean({
    description: "Whether the machine's own state is readings.",
    default: true,
  }),
  intervalMs: Type.Integer({
    description: 'How often temperature, load, memory and uptime are read.',
    unit: 'ms',
    default: 10_000,
    minimum: 100,
    maximum: 86_400_000,
  }),
  slowIntervalMs: Type.Integer({
    description: "How often under-voltage and throttling, the disk's wear and the modem's signal are read.",
    unit: 'ms',
    default: 300_000,
    minimum: 100,
    maximum: 86_400_000,
  }),
  modem: modemSchema,
});

export type SystemConfiguration = Static<typeof systemSchema>;
export type ModemConfiguration = SystemConfiguration['modem'];

/** What the settings of the machine's own source say against each other; each sentence is a problem. */
export function systemProblems({ modem }: SystemConfiguration): readonly string[] {
  if (modem.by !== 'at' || modem.path !== undefined) return [];
  return ['sensors.system.modem: by "at" needs the path of a serial port of the modem.'];
}
