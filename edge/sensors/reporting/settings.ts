import Type, { type Static } from 'typebox';
import { oneOf } from '../source-settings.ts';

/** One entry of `sensors.reporting`. */
export const reportingSchema = Type.Object({
  name: Type.String({
    description:
      "The readings that it holds for, by their full name, the source's first; `*` stands for any letters, `/` among them: `farm/*/temperature`. The first entry that matches a reading holds for it, alone.",
    minLength: 1,
    maxLength: 255,
  }),
  minIntervalMs: Type.Optional(
    Type.Integer({
      description:
        'Readings of one name are no closer together than this; the last one held back comes when it is over, if it is a change. A change of text, of true and false, and into or out of `range` does not wait.',
      unit: 'ms',
      minimum: 1,
      maximum: 86_400_000,
    }),
  ),
  maxIntervalMs: Type.Optional(
    Type.Integer({
      description:
        'A reading comes at least so often, if need be the last value again, as long as its source runs and has said it since it began to.',
      unit: 'ms',
      minimum: 100,
      maximum: 86_400_000,
    }),
  ),
  deadband: Type.Optional(
    Type.Number({
      description:
        'Only changes are reported: those of more than this from the last reading, in its unit. 0: every change.',
      minimum: 0,
    }),
  ),
  deadbandShare: Type.Optional(
    Type.Number({
      description:
        'The same as a share of the last reading: 0.05 is five per cent. With both, a change must be more than either.',
      minimum: 0,
      maximum: 10,
    }),
  ),
  range: Type.Optional(
    Type.Array(Type.Number(), {
      description:
        'Lowest and highest credible value, `[-40, 85]`. A number outside is sent and counted as `suspect`, and left out of the statistics of values.',
      minItems: 2,
      maxItems: 2,
    }),
  ),
  priority: oneOf(['low', 'normal', 'high'], {
    description: 'How dear it is to a full spool whose policy thins out.',
    default: 'normal',
  }),
});

export type ReportingRule = Static<typeof reportingSchema>;

/** What the entries say against themselves; each sentence is a problem. */
export function reportingProblems(rules: readonly ReportingRule[]): readonly string[] {
  return rules.flatMap(({ name, minIntervalMs = 0, maxIntervalMs = Number.POSITIVE_INFINITY, range = [0, 0] }) => [
    ...(minIntervalMs > maxIntervalMs
      ? [`sensors.reporting ${name}: minIntervalMs must not exceed maxIntervalMs.`]
      : []),
    ...(range[0]! > range[1]! ? [`sensors.reporting ${name}: range must be [lowest, highest].`] : []),
  ]);
}
