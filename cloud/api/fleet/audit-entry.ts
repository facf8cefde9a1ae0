import type { KeptEntry } from '../../fleet/rollout/index.ts';
import type { AuditEntry } from './shapes.ts';

/** A step on record as the API tells it. */
export function entryOf({ id, at, from_state: from, to_state: to, why, ...entry }: KeptEntry): AuditEntry {
  return { id: String(id), at: at.toISOString(), ...entry, from, to, ...(why && { why }) };
}
