import { readFile } from 'node:fs/promises';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { HttpClient, type HttpRequest } from '../http/index.ts';
import { type Base, baseOf, cancelOf, type Offer, offerOf } from './deployment.ts';
import type { Feedback } from './state.ts';

export interface DdiOptions {
  /** Of the server, or of Beam before it; its path is put before the protocol's. */
  readonly url: string;
  readonly tenant: string;
  readonly controllerId: string;
  readonly tokenFile?: string | undefined;
  readonly localAddress?: string | undefined;
  readonly timeoutMs: Duration;
  /** Told of the bytes of each exchange, and whether it took a new connection. */
  readonly onBytes: (read: number, written: number, newConnection: boolean) => void;
}

/** What became of asking for a piece of a bundle. */
export type Piece =
  | { readonly kind: 'came'; readonly bytes: number; readonly whole: boolean }
  /** The server has other bytes by now than those that are here; begin anew. */
  | { readonly kind: 'changed' }
  /** `patience`: the day's bytes are spent, by the server's count; it is no failure. */
  | { readonly kind: 'later'; readonly waitMs: Duration; readonly reason: string; readonly patience: boolean }
  | { readonly kind: 'gone'; readonly reason: string };

export interface PieceRequest {
  readonly path: string;
  readonly from: number;
  /** Most bytes; the server may send fewer. */
  readonly bytes: number;
  /** Of the whole bundle. */
  readonly size: number;
}

/** Takes bytes that came, at their place in the bundle. */
export type PieceSink = (chunk: Buffer, at: number) => Promise<void>;

const MOST_ANSWER = 65_536;
const MOST_SAID = 200;
const UNLESS_TOLD: Duration = 60_000;
const LONGEST_WAIT: Duration = 86_400_000;

/** hawkBit's DDI v1 from the device's side (Eclipse hawkBit, "Direct Device Integration API"). */
export class DdiClient {
  readonly #options: DdiOptions;
  readonly #http: HttpClient;
  readonly #base: string;
  /** Of the bytes that came last, so that others do not get behind them. A restart forgets it; their hash tells then. */
  #tagged: { readonly path: string; readonly etag: string } | undefined;

  constructor(options: DdiOptions) {
    const { url, tenant, controllerId, timeoutMs, localAddress, onBytes } = options;
    const { origin, pathname } = new URL(url);
    this.#options = options;
    this.#http = new HttpClient({ origin, timeoutMs, localAddress, onBytes });
    this.#base = `${pathname.replace(/\/$/, '')}/${tenant}/controller/v1/${controllerId}`;
  }

  /**
   * Asks what is to be done. A server that refuses says why in the error.
   *
   * @throws TashikaError `UPDATE_SERVER_UNREACHABLE`, `UPDATE_SERVER_REFUSED`
   */
  async poll(signal: AbortSignal): Promise<Base> {
    return this.#read(this.#base, signal, baseOf);
  }

  /** @throws TashikaError as `poll` does */
  deployment(path: string, signal: AbortSignal): Promise<Offer> {
    return this.#read(path, signal, offerOf);
  }

  /** @throws TashikaError as `poll` does */
  cancel(path: string, signal: AbortSignal): Promise<{ readonly id: string; readonly stopId: string }> {
    return this.#read(path, signal, cancelOf);
  }

  /** @throws TashikaError as `poll` does */
  async tellAttributes(data: Readonly<Record<string, string>>, signal: AbortSignal): Promise<void> {
    await this.#send('PUT', `${this.#base}/configData`, { mode: 'merge', data }, signal);
  }

  /**
   * Tells what became of an action.
   *
   * @returns false where the server will never take it, such as for an action that it has forgotten
   * @throws TashikaError as `poll` does
   */
  async tell(
    { to, id, execution, finished, details }: Feedback,
    now: Timestamp,
    signal: AbortSignal,
  ): Promise<boolean> {
    const status = { execution, result: { finished }, details };
    const body = { id, time: timeText(now), status };
    try {
      await this.#send('POST', `${this.#base}/${to}/${id}/feedback`, body, signal);
      return true;
    } catch (error) {
      if (error instanceof Refusal && [400, 404, 409, 410].includes(error.status)) return false;
      throw error;
    }
  }

  /**
   * Asks for a piece of a bundle. What came before the connection broke is in the sink.
   *
   * @throws TashikaError `UPDATE_SERVER_UNREACHABLE`, and what the sink throws
   */
  async piece(asked: PieceRequest, sink: PieceSink, signal: AbortSignal): Promise<Piece> {
    const { path, from, bytes, size } = asked;
    const etag = this.#tagged?.path === path ? this.#tagged.etag : undefined;
    const range = from === 0 && bytes >= size ? {} : { range: `bytes=${from}-${Math.min(size, from + bytes) - 1}` };
    const unchanged = from > 0 && etag !== undefined ? { 'if-range': etag } : {};
    const request = await this.#request('GET', path, { ...range, ...unchanged });
    return this.#reached(() =>
      this.#http.receive(request, signal, async (answer) => {
        const { statusCode: status = 0, headers } = answer;
        if (status === 206 || status === 200) {
          const tag = headers.etag;
          const start = status === 200 ? 0 : startOf(headers['content-range'], size);
          // A server that knows no ranges sends all of it, and one with other bytes by now does the same.
          if (start !== from) return status === 200 || start === undefined ? { kind: 'changed' } : later(from, start);
          this.#tagged = tag === undefined || tag.startsWith('W/') ? undefined : { path, etag: tag };
          let came = 0;
          for await (const chunk of answer as AsyncIterable<Buffer>) {
            if (from + came + chunk.length > size) return { kind: 'changed' };
            await sink(chunk, from + came);
            came += chunk.length;
          }
          return { kind: 'came', bytes: came, whole: status === 200 };
        }
        const said = await beginningText(answer);
        const reason = `the server answers ${status}${said === '' ? '' : `, ${said}`}`;
        if (status === 416) return { kind: 'changed' };
        if ([401, 403, 408, 429].includes(status) || status >= 500)
          return { kind: 'later', waitMs: waitOf(headers['retry-after']), reason, patience: status === 429 };
        return { kind: 'gone', reason };
      }),
    );
  }

  close(): Promise<void> {
    return this.#http.close();
  }

  async #read<Result>(path: string, signal: AbortSignal, read: (answer: unknown) => Result): Promise<Result> {
    const text = await this.#exchange(await this.#request('GET', path, { accept: 'application/json' }), signal);
    try {
      return read(JSON.parse(text));
    } catch (error) {
      throw new TashikaError(
        'UPDATE_SERVER_REFUSED',
        `${path} is not what an update server answers: ${messageOf(error)}`,
        {
          cause: error,
        },
      );
    }
  }

  async #send(method: 'PUT' | 'POST', path: string, body: object, signal: AbortSignal): Promise<void> {
    const request = await this.#request(method, path, { 'content-type': 'application/json' });
    await this.#exchange({ ...request, body: Buffer.from(JSON.stringify(body)) }, signal);
  }

  async #exchange(request: HttpRequest, signal: AbortSignal): Promise<string> {
    const { status, body } = await this.#reached(() => this.#http.exchange(request, signal, MOST_ANSWER));
    if (status >= 200 && status < 300) return body;
    const said = saidIn(body);
    throw new Refusal(status, `The update server answers ${status} to ${request.path}${said && `: ${said}`}`);
  }

  async #request(
    method: HttpRequest['method'],
    path: string,
    headers: Readonly<Record<string, string>>,
  ): Promise<HttpRequest> {
    const { tokenFile } = this.#options;
    if (tokenFile === undefined) return { method, path, headers };
    return { method, path, headers: { ...headers, authorization: await tokenIn(tokenFile) } };
  }

  async #reached<Result>(exchange: () => Promise<Result>): Promise<Result> {
    try {
      return await exchange();
    } catch (error) {
      if (error instanceof TashikaError || isOfTheDisk(error)) throw error;
      const message = `The update server at ${this.#options.url} does not answer (${messageOf(error)}).`;
      throw new TashikaError('UPDATE_SERVER_UNREACHABLE', message, { cause: error });
    }
  }
}

class Refusal extends TashikaError {
  readonly status: number;

  constructor(status: number, message: string) {
    super('UPDATE_SERVER_REFUSED', message);
    this.status = status;
  }
}

/** @throws TashikaError `CONFIG_UNREADABLE` */
async function tokenIn(file: string): Promise<string> {
  try {
    const token = (await readFile(file, 'utf8')).trim();
    return /^(GatewayToken|TargetToken) /.test(token) ? token : `TargetToken ${token}`;
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `update.tokenFile ${file} can't be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

function isOfTheDisk(error: unknown): boolean {
  return ['ENOSPC', 'EROFS', 'EIO', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** Where a part begins (RFC 9110, 14.4); undefined where it is not of a file of this size. */
function startOf(contentRange: string | undefined, size: number): number | undefined {
  const [, start, whole] = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15}|\*)$/.exec(contentRange ?? '') ?? [];
  return start === undefined || (whole !== '*' && Number(whole) !== size) ? undefined : Number(start);
}

function later(from: number, start: number): Piece {
  const reason = `bytes from ${from} on were asked for, and come from ${start}`;
  return { kind: 'later', waitMs: UNLESS_TOLD, reason, patience: false };
}

/** RFC 9110, 10.2.3, in seconds; a date needs a clock that is right. */
function waitOf(retryAfter: string | undefined): Duration {
  const seconds = /^\d{1,6}$/.test(retryAfter ?? '') ? Number(retryAfter) : UNLESS_TOLD / 1_000;
  return Math.min(LONGEST_WAIT, Math.max(1, seconds) * 1_000);
}

async function beginningText(body: AsyncIterable<Buffer>): Promise<string> {
  for await (const chunk of body) return saidIn(chunk.toString());
  return '';
}

/** The sentence of problem details (RFC 9457) or of hawkBit, else the beginning of whatever came. */
function saidIn(body: string): string {
  try {
    const { detail, message } = JSON.parse(body) as Readonly<Record<string, unknown>>;
    const told = detail ?? message;
    if (typeof told === 'string') return told.slice(0, MOST_SAID);
  } catch {
    // A page.
  }
  return body.trim().slice(0, MOST_SAID);
}

/** hawkBit's `20140511T121314`. */
function timeText(now: Timestamp): string {
  return new Date(now).toISOString().replace(/[-:]|\..*/g, '');
}
