import type {
  AuditEntry,
  AuditList,
  FleetImageList,
  FleetVersions,
  Rollout,
  RolloutList,
} from '../model/fleet-contract.ts';
import { get, RequestFailed } from './requests.ts';

/** This server has no images and no rollouts, because nobody configured them. */
export const NOT_CONFIGURED = 'not-configured';

const MOST_ROLLOUTS = '1000';

/** The newest rollouts, or that there can be none. */
export async function fetchRollouts(signal: AbortSignal): Promise<RolloutList['rollouts'] | typeof NOT_CONFIGURED> {
  try {
    return (await get<RolloutList>('fleet/rollouts', { limit: MOST_ROLLOUTS }, signal)).rollouts;
  } catch (error) {
    if (isNotConfigured(error)) return NOT_CONFIGURED;
    throw error;
  }
}

/** A rollout; null where there is none by that name. */
export async function fetchRollout(id: string, signal: AbortSignal): Promise<Rollout | null> {
  try {
    return await get<Rollout>(`fleet/rollouts/${encodeURIComponent(id)}`, {}, signal);
  } catch (error) {
    if (error instanceof RequestFailed && error.status === 404) return null;
    throw error;
  }
}

const ENTRIES_A_PAGE = 50;

/** Up to `wanted` entries, the newest first, page by page; `complete` tells whether these are all. */
export async function fetchAudit(
  id: string,
  wanted: number,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly AuditEntry[]; readonly complete: boolean }> {
  const entries: AuditEntry[] = [];
  let before: string | null = null;
  do {
    const query = { before, limit: String(ENTRIES_A_PAGE) };
    const page: AuditList = await get(`fleet/rollouts/${encodeURIComponent(id)}/audit`, query, signal);
    entries.push(...page.entries);
    before = page.next;
  } while (before !== null && entries.length < wanted);
  return { entries, complete: before === null };
}

/** Every image, the revoked ones too. */
export async function fetchImages(signal: AbortSignal): Promise<FleetImageList['images']> {
  return (await get<FleetImageList>('fleet/images', {}, signal)).images;
}

/** How many devices have which version, by region. */
export function fetchVersions(signal: AbortSignal): Promise<FleetVersions> {
  return get('fleet/versions', {}, signal);
}

/** A server without a fleet has no such routes, or says in their place what is missing. */
function isNotConfigured(error: unknown): boolean {
  if (!(error instanceof RequestFailed)) return false;
  return error.status === 404 || (error.status === 503 && /NOT_CONFIGURED$/.test(error.code ?? ''));
}
