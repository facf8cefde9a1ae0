import Type, { type Static } from 'typebox';

/** The section `receipts` of the agent's configuration. */
export const receiptsSchema = Type.Object(
  {
    url: Type.Optional(
      Type.String({
        description:
          "SORACOM Beam's website entry point, `http://beam.soracom.io:18080`, which forwards path and query (its HTTP entry point on port 8888 drops the query); `/v1/receipts` is appended. Left out, Funnel's answer is all that is waited for. Set, what is sent stays on the disk until the cloud confirms it.",
        pattern: '^https?://',
        says: 'an address that begins with http:// or https://',
      }),
    ),
    intervalMs: Type.Integer({
      description:
        'How often the cloud is asked what it has, a quarter more or less by chance: four times as often while much waits for it, and up to sixteen times as rarely after failures.',
      unit: 'ms',
      default: 600_000,
      minimum: 100,
      maximum: 86_400_000,
    }),
    settleMs: Type.Integer({
      description:
        'How long the link may take to deliver what it has accepted. Only what was sent longer ago can be missing; each further sending doubles the wait.',
      unit: 'ms',
      default: 300_000,
      minimum: 10,
      maximum: 86_400_000,
    }),
    resends: Type.Integer({
      description:
        'How often a reading that stays missing is sent again. After that it is named in the log and the metrics, and stays on the disk as long as the spool keeps what is sent.',
      default: 8,
      minimum: 1,
      maximum: 16,
    }),
    timeoutMs: Type.Integer({
      description: 'How long one question may take, from connecting to the last byte of the answer.',
      unit: 'ms',
      default: 30_000,
      minimum: 100,
      maximum: 600_000,
    }),
  },
  { description: "The cloud's receipts, asked for through SORACOM Beam." },
);

export type ReceiptsSettings = Static<typeof receiptsSchema>;
