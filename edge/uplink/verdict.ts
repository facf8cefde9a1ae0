/**
 * What an attempt came to.
 * `accepted`: the link has the post.
 * `refused`: this very content is not wanted, and sending it again as it is would not help.
 * `failed`: nothing can be concluded; the post may or may not have arrived, and is sent again.
 */
export type Verdict =
  | { readonly kind: 'accepted' }
  | {
      readonly kind: 'refused';
      readonly reason: string;
      /** Not a byte was sent. */
      readonly unsent?: true;
    }
  | {
      readonly kind: 'failed';
      readonly reason: string;
      /** Somebody answered: the modem carries bytes both ways. */
      readonly heard?: true;
      /** The way seems to have cut the post in pieces: a shorter one may pass whole. */
      readonly shorter?: true;
    };

/** Funnel answers 204; 201 is Harvest's. A plain 200 is what a captive portal says, so it proves nothing. */
const ACCEPTED = [201, 204];

/**
 * Statuses that speak of the content. The others below 500 speak of settings (a wrong path, a missing permission, too
 * many requests): the readings are kept until a person has put them right.
 */
const ABOUT_THE_CONTENT = [400, 413, 415, 422];

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  /** The beginning of the body. */
  readonly body: string;
}

/** Judges an answer; HTML comes from a portal or a proxy in between and is never the link's own refusal. */
export function judge({ status, contentType, body }: Answer): Verdict {
  const reason = `HTTP ${status}${body.trim() === '' ? '' : `: ${body.trim().slice(0, 200)}`}`;
  if (ACCEPTED.includes(status)) return { kind: 'accepted' };
  const fromBetween = contentType.includes('html') || /^\s*<(!doctype|html)/i.test(body);
  // A SIM without a group is a setting too, though Funnel says 400.
  const aboutTheContent = ABOUT_THE_CONTENT.includes(status) && !fromBetween && !/no group id/i.test(body);
  return aboutTheContent ? { kind: 'refused', reason } : { kind: 'failed', reason, heard: true };
}
