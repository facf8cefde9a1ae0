import type { HttpAnswer } from './answers.ts';

/** What a group sends to besides Funnel, by way of the unified endpoint. */
export interface OtherDestinations {
  /** Harvest Data, which takes everything. */
  harvest: boolean;
}

const HARVESTS_ANSWER = { statusCode: 201, body: '' };

/**
 * The unified endpoint's answer in its standard format: the one destination's own answer, or the answers of all of
 * several, and then 207 where one of them failed.
 *
 * @see https://developers.soracom.io/en/docs/unified-endpoint/response-format
 */
export function unifiedAnswer(funnel: HttpAnswer, { harvest }: OtherDestinations): HttpAnswer {
  if (!harvest) return funnel;
  const detail = { funnel: { statusCode: funnel.status, body: funnel.body }, harvest: HARVESTS_ANSWER };
  const ok = funnel.status < 300;
  return {
    status: ok ? 200 : 207,
    contentType: 'application/json',
    body: JSON.stringify({ result: ok ? 'ok' : 'ng', detail }),
  };
}
