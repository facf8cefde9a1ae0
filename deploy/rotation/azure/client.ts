import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';

export interface ArmOptions {
  /** `https://management.azure.com`, or another cloud's. */
  readonly endpoint: string;
  /** A bearer token for it, which is shown nowhere. */
  readonly token: string;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: Duration;
}

export interface ArmRequest {
  readonly method: 'GET' | 'POST';
  /** The resource id, and the action for a POST. */
  readonly path: string;
  readonly body?: object;
  /**
   * Repeating it could do it twice: it is sent again only where Azure says that it did nothing. Awaited before it is sent
   * each time, for Azure may put it off for minutes.
   */
  readonly once?: () => Promise<void>;
}

const API_VERSION = '2024-01-01';
const TIMEOUT_MS: Duration = 30_000;
const TRIES = 5;
const MOST_PAUSE_MS: Duration = 60_000;

/**
 * Asks Azure Resource Manager, and asks again where that does no harm.
 *
 * @throws TashikaError AZURE_DENIED (401, 403), AZURE_NOT_FOUND (404), AZURE_REFUSED (any other 4xx),
 * AZURE_UNREACHABLE; after the last, a request that goes `once` may have been done
 */
export async function askAzure(options: ArmOptions, request: ArmRequest): Promise<unknown> {
  const { clock, signal } = options;
  for (let tries = 1; ; tries++) {
    signal?.throwIfAborted();
    await request.once?.();
    const outcome = await send(options, request);
    if ('body' in outcome) return outcome.body;
    const again = outcome.doneNothing || !request.once;
    if (!again || tries === TRIES) throw outcome.error;
    await clock.sleep(outcome.pauseMs ?? 500 * 2 ** tries, signal);
  }
}

type Outcome =
  | { readonly body: unknown }
  /** It may go better another time. */
  | { readonly error: TashikaError; readonly doneNothing: boolean; readonly pauseMs: Duration | undefined };

async function send(options: ArmOptions, { method, path, body }: ArmRequest): Promise<Outcome> {
  const { endpoint, clock, timeoutMs = TIMEOUT_MS } = options;
  const late = new AbortController();
  const timer = clock.after(timeoutMs, () => late.abort(new Error(`no answer within ${timeoutMs} ms`)));
  try {
    const response = await (options.fetch ?? fetch)(`${endpoint}${path}?api-version=${API_VERSION}`, {
      method,
      headers: { authorization: `Bearer ${options.token}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
      redirect: 'error', // the token is for this host alone
      signal: late.signal,
    });
    const text = await response.text();
    if (response.ok) return { body: jsonOf(text) };
    const reason = reasonOf(response.status, text);
    if (response.status === 429 || response.status === 503)
      return {
        error: unreachable(options, path, reason),
        doneNothing: response.status === 429,
        pauseMs: pauseAsked(response.headers),
      };
    if (response.status >= 500)
      return { error: unreachable(options, path, reason), doneNothing: false, pauseMs: undefined };
    throw refusal(response.status, path, reason);
  } catch (error) {
    if (isTashikaError(error)) throw error;
    const reason = messageOf((error as Error).cause ?? error);
    return { error: unreachable(options, path, reason), doneNothing: false, pauseMs: undefined };
  } finally {
    timer.cancel();
  }
}

function refusal(status: number, path: string, reason: string): TashikaError {
  if (status === 401)
    return new TashikaError(
      'AZURE_DENIED',
      `Azure does not take the token: ${reason} Get another one (\`export AZURE_TOKEN=$(az account get-access-token --query accessToken --output tsv)\`) and run this again.`,
    );
  if (status === 403)
    return new TashikaError(
      'AZURE_DENIED',
      `Azure does not allow it: ${reason} The token's identity needs Microsoft.EventHub/…/authorizationRules with read, listKeys/action and regenerateKeys/action on ${path}.`,
    );
  if (status === 404)
    return new TashikaError(
      'AZURE_NOT_FOUND',
      `Azure has nothing at ${path}: ${reason} Check --subscription, --resource-group, --namespace, --hub and the rule's name.`,
    );
  return new TashikaError('AZURE_REFUSED', `Azure refuses ${path}: ${reason}`);
}

function unreachable({ endpoint }: ArmOptions, path: string, reason: string): TashikaError {
  return new TashikaError('AZURE_UNREACHABLE', `${endpoint} does not answer to ${path} as it should: ${reason}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('something that is not JSON');
  }
}

/** Status, code and sentence of an error's body, `{"error":{"code","message"}}`. */
function reasonOf(status: number, text: string): string {
  let error: { code?: unknown; message?: unknown } | undefined;
  try {
    error = (JSON.parse(text) as { error?: typeof error } | null)?.error;
  } catch {
    // a proxy's page
  }
  const said = [error?.code, error?.message].filter((each) => typeof each === 'string').join(': ');
  return `${status} ${said.slice(0, 500)}`.trim();
}

function pauseAsked(headers: Headers): Duration | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return seconds >= 0 ? Math.min(seconds * 1000, MOST_PAUSE_MS) : undefined;
}
