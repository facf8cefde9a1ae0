import { readFile } from 'node:fs/promises';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Duration, Timestamp } from '@tashika/shared/time';
import { HttpClient, type HttpRequest } from '../http/index.ts';
import { type Base, baseOf, cancelOf, type Offer, offerOf } from './deployment.ts';
import {
  isOfTheDisk,
  isPassing,
  type Piece,
  type PieceRequest,
  type PieceSink,
  refusalOf,
  takePiece,
  waitAsked,
} from './piece.ts';
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

const MOST_ANSWER = 65_536;
const MOST_SAID = 200;

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
      if (error instanceof Refusal && !isPassing(error.status)) return false;
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
        if (status !== 200 && status !== 206) return refusalOf(status, headers, await beginningText(answer));
        return takePiece(answer, asked, etag, async (chunk, at) => {
          const tag = headers.etag;
          this.#tagged = tag === undefined || tag.startsWith('W/') ? undefined : { path, etag: tag };
          await sink(chunk, at);
        });
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
    const { status, body, retryAfter } = await this.#reached(() => this.#http.exchange(request, signal, MOST_ANSWER));
    if (status >= 200 && status < 300) return body;
    const said = saidIn(body);
    throw new Refusal(
      status,
      waitAsked(retryAfter),
      `The update server answers ${status} to ${request.path}${said && `: ${said}`}`,
    );
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
  readonly waitMs: Duration;

  constructor(status: number, waitMs: Duration | undefined, message: string) {
    super('UPDATE_SERVER_REFUSED', message);
    this.status = status;
    this.waitMs = waitMs ?? 0;
  }
}

/** How long a server that refuses wants to be left alone; 0 where it says nothing of it. */
export function waitAskedBy(error: unknown): Duration {
  return error instanceof Refusal ? error.waitMs : 0;
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
