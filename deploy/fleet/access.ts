import { createReadStream } from 'node:fs';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { userInfo } from 'node:os';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { ERROR_CODES, messageOf, TashikaError, usageError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { type CommandArguments, type CommandContext, type Option, textOf } from '../command/index.ts';

const STANDARD_API = 'http://127.0.0.1:8080';
const TIMEOUT_MS: Duration = 30_000;

export const apiOption: Option = {
  type: 'text',
  value: 'URL',
  summary: `Where the cloud's API is; TASHIKA_API in the environment; ${STANDARD_API} where both are left out`,
};

export const byOption: Option = {
  type: 'text',
  value: 'NAME',
  summary: 'Who does it, for the audit log; the login name where left out',
};

/**
 * Who does it: `--by`, or the login name.
 *
 * @throws TashikaError `USAGE` where the system knows no name for who runs it, as in a container
 */
export function personOf(args: CommandArguments, { env }: CommandContext): string {
  const told = textOf(args, 'by') ?? env.SUDO_USER ?? env.USER ?? env.LOGNAME;
  if (told !== undefined) return told;
  try {
    return userInfo().username;
  } catch {
    throw usageError('Nobody is logged in here by a name: --by NAME says who does it.', 'tashika fleet');
  }
}

/** The API that the command line or the environment names. */
export function apiOf(args: CommandArguments, { env, clock, signal }: CommandContext): FleetApi {
  const given = textOf(args, 'api') ?? (env.TASHIKA_API || STANDARD_API);
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (!url || !/^https?:$/.test(url.protocol))
    throw usageError(`${given} is no address of an API, such as ${STANDARD_API}.`, 'tashika fleet');
  return new FleetApi(url, clock, signal);
}

type Method = 'GET' | 'POST' | 'PUT';

/** The API's routes below `/api/fleet`. */
export class FleetApi {
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #signal: AbortSignal;

  constructor(url: URL, clock: Clock, signal: AbortSignal) {
    this.#url = url;
    this.#clock = clock;
    this.#signal = signal;
  }

  /** `path` is below `/api/fleet/`. Throws a TashikaError with the code that the API told, or `API_UNREACHABLE`. */
  get<T>(path: string): Promise<T> {
    return this.#send('GET', path);
  }

  post<T>(path: string, body: object, timeoutMs: Duration = TIMEOUT_MS): Promise<T> {
    return this.#send('POST', path, body, timeoutMs);
  }

  put<T>(path: string, body: object): Promise<T> {
    return this.#send('PUT', path, body);
  }

  /** What is there; undefined for an answer of 404 where the API itself is there. */
  async find<T>(path: string): Promise<T | undefined> {
    try {
      return await this.get<T>(path);
    } catch (error) {
      if (error instanceof ApiProblem && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  /**
   * Sends a file, never more of it in memory than a few chunks.
   *
   * @param sent hears how many bytes have gone out
   */
  async upload(path: string, file: string, bytes: number, sent: (bytes: number) => void): Promise<void> {
    const url = this.#at(path);
    const outgoing = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, {
      method: 'PUT',
      headers: { 'content-type': 'application/octet-stream', 'content-length': bytes, accept: 'application/json' },
      signal: this.#signal,
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      outgoing.once('response', resolve);
      outgoing.once('error', reject);
    });
    // What goes wrong is told by `answered` where the API said why, before the file was through.
    const through = pipeline(createReadStream(file), counted(sent), outgoing).catch(() => {});
    let status: number;
    let body: string;
    try {
      const answer = await answered;
      status = answer.statusCode ?? 0;
      body = await text(answer);
    } catch (error) {
      this.#signal.throwIfAborted();
      throw this.#unreachable(error);
    } finally {
      outgoing.destroy();
      await through;
    }
    bodyOf(status, body, url);
  }

  async #send<T>(method: Method, path: string, content?: object, timeoutMs = TIMEOUT_MS): Promise<T> {
    const url = this.#at(path);
    const timeout = new AbortController();
    const timer = this.#clock.after(timeoutMs, () => timeout.abort(new Error(`no answer within ${timeoutMs} ms`)));
    try {
      const answer = await fetch(url, {
        method,
        headers: { accept: 'application/json', ...(content && { 'content-type': 'application/json' }) },
        ...(content && { body: JSON.stringify(content) }),
        signal: AbortSignal.any([this.#signal, timeout.signal]),
      });
      return bodyOf(answer.status, await answer.text(), url) as T;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (error instanceof TashikaError) throw error;
      throw this.#unreachable(error);
    } finally {
      timer.cancel();
    }
  }

  #at(path: string): URL {
    return new URL(`${this.#url.pathname.replace(/\/$/, '')}/api/fleet/${path}`, this.#url);
  }

  #unreachable(error: unknown): TashikaError {
    const { origin } = this.#url;
    const why = messageOf((error as Error).cause ?? error);
    return new TashikaError(
      'API_UNREACHABLE',
      `The cloud's API at ${origin} can't be reached: ${why}. Is it running, and is that its address (--api or TASHIKA_API)? It answers on its own machine alone: from elsewhere open a tunnel, ssh -L 8080:127.0.0.1:8080 HOST.`,
      { cause: error },
    );
  }
}

/** An answer of the API that is an error, in its own words (RFC 9457). */
export class ApiProblem extends TashikaError {
  readonly status: number;
  /** What of the request is wrong, where the API names it. */
  readonly parameter: string | undefined;

  constructor(status: number, { code, title, detail, parameter }: Partial<Record<string, unknown>>) {
    const known = ERROR_CODES.find((each) => each === code) ?? 'API_REFUSED';
    super(known, String(detail ?? title ?? `The API answered ${status}.`));
    this.status = status;
    this.parameter = parameter === undefined ? undefined : String(parameter);
  }
}

function bodyOf(status: number, body: string, url: URL): unknown {
  const parsed = jsonIn(body);
  if (status >= 200 && status < 300) {
    if (parsed !== undefined || body === '') return parsed;
    throw new TashikaError('API_REFUSED', `${url.origin} answers, and not with JSON: it is no API of Tashika.`);
  }
  if (typeof parsed === 'object' && parsed !== null) {
    const problem = new ApiProblem(status, parsed);
    if (problem.code === 'NOT_FOUND' && problem.message.startsWith(NO_SUCH_ROUTE)) throw noFleet(url);
    throw problem;
  }
  throw new TashikaError('API_REFUSED', `${url.origin} answered ${status} to ${url.pathname}, without saying why.`);
}

/** What the API says of an address that it does not know at all. */
const NO_SUCH_ROUTE = 'There is nothing at ';

function noFleet({ origin }: URL): TashikaError {
  return new TashikaError(
    'API_REFUSED',
    `The server at ${origin} has no fleet: it was started without a place for bundles. Set fleet.bundles and fleet.keyringFile (TASHIKA_CLOUD_FLEET_BUNDLES, TASHIKA_CLOUD_FLEET_KEYRING_FILE) and start it again.`,
  );
}

function jsonIn(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

function counted(sent: (bytes: number) => void) {
  let bytes = 0;
  return async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      yield chunk;
      bytes += chunk.length;
      sent(bytes);
    }
  };
}
