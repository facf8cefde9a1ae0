import { normalise, type SequenceRange } from '@tashika/shared/sequence';
import type { Receipt, Unconfirmed } from '../spool/index.ts';
import type { RawAnswer } from './beam.ts';

/** What came of a question; from all but a receipt nothing is concluded. */
export type Answer =
  | { readonly kind: 'receipt'; readonly receipt: Receipt }
  /** Nobody answered, or somebody who can't now. */
  | { readonly kind: 'unavailable'; readonly reason: string }
  /** Beam or the cloud does not answer this device. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** Something answered that is no receipt of this stream. */
  | { readonly kind: 'unusable'; readonly reason: string };

const MOST_REASON = 200;
/** Too slow, or too often: what a proxy in between may say of any device. */
const BUSY = [408, 429];

/** Judges an answer to the question what the cloud has of a stream. */
export function answerOf({ status, body }: RawAnswer, asked: Pick<Unconfirmed, 'stream' | 'last'>): Answer {
  const reason = `HTTP ${status}: ${body.trim().slice(0, MOST_REASON)}`;
  if (status >= 500 || BUSY.includes(status)) return { kind: 'unavailable', reason };
  if (status !== 200) return { kind: 'refused', reason };
  const receipt = receiptIn(body);
  if (!receipt) return { kind: 'unusable', reason };
  if (receipt.stream !== asked.stream)
    return { kind: 'unusable', reason: `It is of the stream ${receipt.stream}, not of ${asked.stream}.` };
  if (receipt.through > asked.last)
    return {
      kind: 'unusable',
      reason: `It goes up to ${receipt.through}, but only ${asked.last} numbers were given out.`,
    };
  return { kind: 'receipt', receipt };
}

/** A captive portal's page is no receipt, and neither is one that was cut off. */
function receiptIn(body: string): Receipt | undefined {
  const value = parsed(body);
  if (typeof value !== 'object' || value === null) return undefined;
  const { stream, through, missing } = value as Readonly<Record<string, unknown>>;
  if (typeof stream !== 'string' || !isNumber(through) || !Array.isArray(missing)) return undefined;
  if (!missing.every((range) => isRangeUpTo(range, through))) return undefined;
  return { stream, through, missing: normalise(missing) };
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function isNumber(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRangeUpTo(value: unknown, most: number): value is SequenceRange {
  if (!Array.isArray(value) || value.length !== 2) return false;
  const [first, last] = value;
  return isNumber(first) && isNumber(last) && 1 <= first && first <= last && last <= most;
}
