import type { Fingerprint } from '@tashika/shared/fingerprint';

/** A worker as the cloud's API tells of it. */
export interface WorkerSeen {
  readonly worker: string;
  /** The fingerprint of the key that it reads the hub with; null where it does not say. */
  readonly hubKey: Fingerprint | null;
  /** What keeps it from the hub. */
  readonly trouble: { readonly code: string; readonly message: string } | null;
}

export interface ListeningSeen {
  /** Why Event Hubs lets no reader in with the key; undefined where it does. */
  readonly refusal: string | undefined;
  /** The workers that are heard of; undefined where the API does not tell, for the reason. */
  readonly workers: readonly WorkerSeen[] | undefined;
  readonly unheard: string | undefined;
}

/** Why it is not known yet that every worker reads with the key: each must say so itself, and have no trouble. */
export function doubtsAboutListening(seen: ListeningSeen, key: Fingerprint): readonly string[] {
  const { refusal, workers, unheard } = seen;
  const doubts: string[] = [];
  if (refusal !== undefined) doubts.push(`Event Hubs lets no reader in with the key: ${refusal}`);
  if (!workers) return [...doubts, `The cloud's API does not tell of its workers: ${unheard}`];
  if (workers.length === 0) doubts.push("The cloud's API knows of no worker that runs.");
  for (const { worker, hubKey, trouble } of workers) {
    if (trouble) doubts.push(`Worker ${worker} is told ${trouble.code}: ${trouble.message}`);
    else if (hubKey === null) doubts.push(`Worker ${worker} does not say which key it reads with.`);
    else if (hubKey !== key) doubts.push(`Worker ${worker} reads with ${hubKey}, not with ${key} yet.`);
  }
  return doubts;
}
