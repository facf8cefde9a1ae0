import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Duration } from '@tashika/shared/time';

/** What became of asking for a piece of a bundle. */
export type Piece =
  /** `mixed`: it came under another ETag than what is here, so that it may be of another file. */
  | { readonly kind: 'came'; readonly mixed: boolean }
  /** The server sends all of it, from its first byte, in the place of a part; begin anew. */
  | { readonly kind: 'changed' }
  /**
   * What is here stays, and is gone on with later. `patience`: the day's bytes are spent, by the server's count; it is no
   * failure. `spoiled`: what came from the first byte on is not of the bundle.
   */
  | {
      readonly kind: 'later';
      readonly waitMs: Duration;
      readonly reason: string;
      readonly patience?: boolean;
      readonly spoiled?: boolean;
    }
  | { readonly kind: 'gone'; readonly reason: string };

export interface PieceRequest {
  readonly path: string;
  readonly from: number;
  /** Most bytes; the server may send fewer. */
  readonly bytes: number;
  /** Of the whole bundle. */
  readonly size: number;
  /** What the day has left, for a server that sends the whole where a part is asked for. */
  readonly most: number;
}

/** Takes bytes that came, at their place in the bundle. */
export type PieceSink = (chunk: Buffer, at: number) => Promise<void>;

const UNLESS_TOLD: Duration = 60_000;
const LONGEST_WAIT: Duration = 86_400_000;
/** Nobody's bundle: what portals and proxies have to say, and what servers have. */
const HTML_TYPE = /^text\/html\b/i;
const JSON_TYPE = /^application\/([a-z]+\+)?json\b/i;
/** Who asks is refused for now: for his name, for being too slow or too early, or for too much. */
const NOT_NOW: readonly number[] = [401, 403, 407, 408, 416, 425, 429];

/** Whether the same question may have another answer one day. */
export function isPassing(status: number): boolean {
  return NOT_NOW.includes(status) || (status >= 300 && status < 400) || status >= 500;
}

/** Whether the device's own disk took no bytes. */
export function isOfTheDisk(error: unknown): boolean {
  return ['ENOSPC', 'EROFS', 'EIO', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** RFC 9110, 10.2.3, in seconds; a date needs a clock that is right. Undefined where nothing that can be used is said. */
export function waitAsked(retryAfter: string | undefined): Duration | undefined {
  if (!/^\d{1,6}$/.test(retryAfter ?? '')) return undefined;
  return Math.min(LONGEST_WAIT, Math.max(1, Number(retryAfter)) * 1_000);
}

/**
 * What an answer without a bundle means; `said` is what it says. An update server says in JSON, or without a word, that there
 * is no such bundle; a page that says so is of who stands between.
 */
export function refusalOf(
  status: number,
  { 'content-type': type = '', 'retry-after': retryAfter }: IncomingHttpHeaders,
  said: string,
): Piece {
  const isTheServers = said === '' || JSON_TYPE.test(type);
  const reason = `the server answers ${status}${said === '' ? '' : `, ${said}`}`;
  if (isTheServers && !isPassing(status)) return { kind: 'gone', reason };
  return { kind: 'later', waitMs: waitAsked(retryAfter) ?? UNLESS_TOLD, reason, patience: status === 429 };
}

/**
 * Takes a piece out of a 200 or a 206. What is no piece of the announced bundle, as far as its headers tell, costs nothing
 * that is here: between device and server are portals and proxies. Rejects where the connection breaks; what came until
 * then is in the sink.
 *
 * @param tag of the bytes that came last, as far as they had one
 */
export async function takePiece(
  answer: IncomingMessage,
  { from, bytes, size, most }: PieceRequest,
  tag: string | undefined,
  sink: PieceSink,
): Promise<Piece> {
  const { statusCode, headers } = answer;
  const isWhole = statusCode === 200;
  const encoding = headers['content-encoding'] ?? 'identity';
  const type = headers['content-type'] ?? '';
  if (HTML_TYPE.test(type) || JSON_TYPE.test(type))
    return later(`the server sends ${type.slice(0, 40)} in the place of the bundle`);
  if (encoding !== 'identity') return later(`the server sends it packed as ${encoding.slice(0, 40)}, unasked`);
  const length = headers['content-length'];
  if (isWhole && length !== undefined && Number(length) !== size)
    return later(`the server sends ${length} bytes in the place of a bundle of ${size}`);
  if (isWhole && from > 0)
    return length === undefined ? later('the server sends something of an unknown length') : { kind: 'changed' };
  if (isWhole && size > bytes && size > most)
    return later(`the server sends all ${size} bytes at once, and the day has ${Math.max(0, Math.floor(most))} left`);
  const place = headers['content-range'];
  if (!isWhole && startOf(place, size) !== from)
    return later(`bytes from ${from} on of ${size} were asked for, and come as ${place?.slice(0, 80) ?? 'of nowhere'}`);

  const end = isWhole ? size : Math.min(size, from + bytes);
  const came = take(answer, from, end, sink);
  // Without a length nothing tells that a page is none of the bundle, and as little that it was cut short.
  const isUnsure = isWhole && length === undefined;
  if (isUnsure && (await came.catch(noneUnlessDisk)) !== size)
    return { ...later('the server sends another file, or a part of it, of an unknown length'), spoiled: true };
  await came;
  return { kind: 'came', mixed: tag !== undefined && headers.etag !== tag };
}

/** A connection that breaks brought nothing; a disk that is full is no fault of the server's. */
function noneUnlessDisk(error: unknown): number {
  if (isOfTheDisk(error)) throw error;
  return 0;
}

/** Up to `end` and not beyond it: who sends more than was asked for ends his connection. */
async function take(body: AsyncIterable<Buffer>, from: number, end: number, sink: PieceSink): Promise<number> {
  let at = from;
  for await (const chunk of body) {
    const part = chunk.subarray(0, end - at);
    if (part.length > 0) await sink(part, at);
    at += part.length;
    if (part.length < chunk.length) break;
  }
  return at - from;
}

function later(reason: string): Extract<Piece, { readonly kind: 'later' }> {
  return { kind: 'later', waitMs: UNLESS_TOLD, reason };
}

/** Where a part begins (RFC 9110, 14.4); undefined where it is not of a file of this size. */
function startOf(contentRange: string | undefined, size: number): number | undefined {
  const [, start, whole] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(contentRange ?? '') ?? [];
  return start === undefined || (whole !== '*' && Number(whole) !== size) ? undefined : Number(start);
}
