/** The largest body that Funnel takes, in bytes. */
export const BODY_LIMIT_BYTES = 800_000;

/** Why Funnel does not take a post. */
export type Refusal =
  | { readonly reason: 'invalid-json' }
  | { readonly reason: 'no-group'; readonly imsi: string }
  | { readonly reason: 'not-enabled' }
  | { readonly reason: 'too-large' }
  | { readonly reason: 'unsupported-type'; readonly given: string }
  | { readonly reason: 'unavailable' };

export interface HttpAnswer {
  readonly status: number;
  readonly contentType?: string;
  readonly body: string;
}

/** What SORACOM answers here is not documented. */
const NOT_ENABLED = 'Funnel is not enabled in the group.';
const INVALID_JSON = 'Invalid JSON is send to funnel.'; // SORACOM's own spelling

export const HTTP_TAKEN: HttpAnswer = { status: 204, body: '' };
export const LINE_TAKEN = '200';

const JSON_BODY = 'application/json';
const TEXT_BODY = 'text/plain';

/** A refusal as SORACOM words it over HTTP. */
export function httpAnswer(refusal: Refusal): HttpAnswer {
  switch (refusal.reason) {
    case 'invalid-json':
      return { status: 400, contentType: JSON_BODY, body: JSON.stringify({ message: INVALID_JSON }) };
    case 'no-group':
      return { status: 400, contentType: JSON_BODY, body: JSON.stringify({ message: noGroup(refusal.imsi) }) };
    case 'not-enabled':
      return { status: 400, contentType: JSON_BODY, body: JSON.stringify({ message: NOT_ENABLED }) };
    case 'too-large':
      return { status: 413, contentType: TEXT_BODY, body: `Maximum content-length is: ${BODY_LIMIT_BYTES}` };
    case 'unsupported-type':
      return {
        status: 415,
        contentType: TEXT_BODY,
        body: `Supported Content-Type are 'application/json', 'text/plain' and 'application/xml'. Given: ${refusal.given}`,
      };
    case 'unavailable':
      return { status: 503, contentType: TEXT_BODY, body: 'Service Unavailable' };
  }
}

/** A refusal as SORACOM words it over TCP and UDP; no newline follows. */
export function lineAnswer(refusal: Refusal): string {
  switch (refusal.reason) {
    case 'invalid-json':
      return `400 ${INVALID_JSON}`;
    case 'no-group':
      return `400 ${noGroup(refusal.imsi)}`;
    case 'not-enabled':
      return `400 ${NOT_ENABLED}`;
    default: {
      const { status, body } = httpAnswer(refusal);
      return `${status} ${body}`;
    }
  }
}

function noGroup(imsi: string): string {
  return `No group ID is specified: ${imsi}`;
}
