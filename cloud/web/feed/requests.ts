import type { RegionCode } from '@tashika/shared/regions';
import type { Timestamp } from '@tashika/shared/time';
import type {
  CompletenessAnswer,
  DeadLetter,
  DeadLettersAnswer,
  Device,
  DevicesAnswer,
  ReadyAnswer,
  RedriveAnswer,
  ValuesAnswer,
  WindowRow,
  WindowsAnswer,
} from '../model/contract.ts';

/** The API answered with an error; the message is its problem's title and detail (RFC 9457). */
export class RequestFailed extends Error {
  readonly status: number;
  /** The problem's code, where it has one. */
  readonly code: string | undefined;

  constructor(status: number, message: string, code?: string) {
    super(message);
    this.name = 'RequestFailed';
    this.status = status;
    this.code = code;
  }
}

/** Enough for two hours of minutes of all regions. */
const WINDOWS_A_PAGE = 6000;

/** Windows that end from `from` to `to`, both included, of one region or of all, page by page. */
export async function fetchWindows(
  query: { readonly from: Timestamp; readonly to: Timestamp; readonly region?: RegionCode },
  signal?: AbortSignal,
): Promise<readonly WindowRow[]> {
  const from = new Date(query.from).toISOString();
  const to = new Date(query.to).toISOString();
  const windows: WindowRow[] = [];
  let after: string | null = null;
  do {
    const page: WindowsAnswer = await get(
      'windows',
      { from, to, region: query.region, after, limit: String(WINDOWS_A_PAGE) },
      signal,
    );
    windows.push(...page.windows);
    after = page.next;
  } while (after !== null);
  return windows;
}

/** What the sensors of a region measured in the window that ends at `end`. */
export function fetchValues(end: Timestamp, region: RegionCode, signal: AbortSignal): Promise<ValuesAnswer> {
  return get('windows/values', { windowEnd: new Date(end).toISOString(), region }, signal);
}

/** How complete the readings of every region are. */
export function fetchCompleteness(signal: AbortSignal): Promise<CompletenessAnswer> {
  return get('completeness', {}, signal);
}

/** Whether what arrives is being counted; that it is not is an answer too. */
export async function fetchReadiness(signal: AbortSignal): Promise<ReadyAnswer> {
  const response = await fetch('api/ready', { headers: { accept: 'application/json' }, signal });
  const answer = (response.status === 503 ? await response.json() : await answerOf(response)) as Partial<ReadyAnswer>;
  if (!Array.isArray(answer.conditions)) throw new RequestFailed(response.status, `HTTP ${response.status}`);
  return answer as ReadyAnswer;
}

const DEVICES_A_PAGE = 100;

/** Up to `wanted` devices, page by page; `complete` tells whether these are all. */
export async function fetchDevices(
  region: RegionCode | null,
  wanted: number,
  signal: AbortSignal,
): Promise<{ readonly devices: readonly Device[]; readonly complete: boolean }> {
  const devices: Device[] = [];
  let after: string | null = null;
  do {
    const page: DevicesAnswer = await get('devices', { region, after, limit: String(DEVICES_A_PAGE) }, signal);
    devices.push(...page.devices);
    after = page.next;
  } while (after !== null && devices.length < wanted);
  return { devices, complete: after === null };
}

const DEAD_LETTERS_A_PAGE = 50;

/** Up to `wanted` dead letters that are still open, newest first, and how many there are of each reason. */
export async function fetchDeadLetters(
  reason: string | null,
  wanted: number,
  signal: AbortSignal,
): Promise<Pick<DeadLettersAnswer, 'deadLetters' | 'counts'> & { readonly complete: boolean }> {
  const deadLetters: DeadLetter[] = [];
  let page: DeadLettersAnswer;
  let after: string | null = null;
  do {
    page = await get('dead-letters', { order: 'newest', reason, after, limit: String(DEAD_LETTERS_A_PAGE) }, signal);
    deadLetters.push(...page.deadLetters);
    after = page.next;
  } while (after !== null && deadLetters.length < wanted);
  return { deadLetters, counts: page.counts, complete: after === null };
}

/** Has the event tried again. The browser adds the Origin that the API asks for. */
export async function redriveDeadLetter(id: string): Promise<RedriveAnswer> {
  const response = await fetch(`api/dead-letters/${encodeURIComponent(id)}/redrive`, { method: 'POST' });
  return (await answerOf(response)) as RedriveAnswer;
}

/** Asks the API for what is at `path`, below `api/`. */
export async function get<T>(
  path: string,
  query: Readonly<Record<string, string | null | undefined>>,
  signal?: AbortSignal,
): Promise<T> {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] != null);
  const search = given.length > 0 ? `?${new URLSearchParams(given)}` : '';
  const init = { headers: { accept: 'application/json' } };
  return (await answerOf(await fetch(`api/${path}${search}`, signal ? { ...init, signal } : init))) as T;
}

async function answerOf(response: Response): Promise<unknown> {
  const body: unknown = await response.json().catch(() => null);
  if (response.ok) return body;
  const problem = body as { title?: string; detail?: string; code?: string } | null;
  const said = [problem?.title, problem?.detail].filter(Boolean).join(': ');
  throw new RequestFailed(response.status, said || `HTTP ${response.status}`, problem?.code);
}
