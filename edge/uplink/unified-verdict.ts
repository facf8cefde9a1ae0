import { type Answer, judge, type Verdict } from './verdict.ts';

/** Harvest's answer, which says nothing of Funnel. */
const CREATED = 201;

/**
 * Judges an answer of SORACOM's unified endpoint, whose shape is set per SIM group and, in its standard `Auto`, changes
 * when a second destination is switched on: with several it tells each one's answer, with one it passes that one's on.
 * Only what Funnel itself answered counts. Several answers without Funnel's, a 200 and Harvest's 201 prove nothing, so
 * the post is sent again, even if another destination gets it once more. A bare 204 is believed, for that is how Funnel
 * alone answers, though Funk or Harvest might be behind it.
 *
 * @see https://developers.soracom.io/en/docs/unified-endpoint/response-format
 */
export function judgeUnified(answer: Answer): Verdict {
  const answers = answersIn(answer.body);
  if (answers === undefined && answer.status !== CREATED) return judge(answer);
  const funnel = answers?.funnel;
  if (funnel !== undefined) return judge({ status: funnel.statusCode, contentType: '', body: funnel.body ?? '' });
  return {
    kind: 'failed',
    reason: `the unified endpoint does not say what Funnel answered: HTTP ${answer.status}: ${answer.body.trim().slice(0, 200)}`,
    heard: true,
  };
}

interface ServiceAnswer {
  readonly statusCode: number;
  readonly body?: string;
}

/** Each destination's answer, by its name; undefined where the body is not of that shape. */
function answersIn(body: string): { readonly funnel?: ServiceAnswer } | undefined {
  let document: unknown;
  try {
    document = JSON.parse(body);
  } catch {
    return undefined;
  }
  // The documentation draws it with and without the answer's own status around it.
  const detail = at(at(document, 'body'), 'detail') ?? at(document, 'detail');
  if (detail === undefined) return undefined;
  const funnel = at(detail, 'funnel');
  const statusCode = at(funnel, 'statusCode');
  if (typeof statusCode !== 'number') return {};
  const text = at(funnel, 'body');
  return { funnel: { statusCode, ...(typeof text === 'string' ? { body: text } : {}) } };
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
