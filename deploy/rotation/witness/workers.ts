import { messageOf } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import type { WorkerSeen } from './listening.ts';

const ANSWER_WITHIN_MS = 10_000;
const PATH = '/api/workers';

/** Asks the cloud's API which workers run, and which key each reads with. */
export async function askWorkers(
  apiUrl: string,
  clock: Clock,
): Promise<{ workers: readonly WorkerSeen[] | undefined; unheard: string | undefined }> {
  const late = new AbortController();
  const timer = clock.after(ANSWER_WITHIN_MS, () => late.abort(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)));
  const url = `${apiUrl.replace(/\/+$/, '')}${PATH}`;
  try {
    const response = await fetch(url, { signal: late.signal });
    if (!response.ok) return { workers: undefined, unheard: `${url} answers ${response.status}.` };
    const { workers } = (await response.json()) as { workers?: readonly WorkerSeen[] };
    if (!Array.isArray(workers)) return { workers: undefined, unheard: `${url} answers something else.` };
    return { workers, unheard: undefined };
  } catch (error) {
    return { workers: undefined, unheard: `${url}: ${messageOf((error as Error).cause ?? error)}.` };
  } finally {
    timer.cancel();
  }
}
