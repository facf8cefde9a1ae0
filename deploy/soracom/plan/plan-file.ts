import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { digestOf } from './canonical.ts';
import type { Plan } from './plan.ts';

const FORMAT = 'tashika-soracom-plan-1';

/** Who says that a plan may be applied: a signature by Vault over the plan and this. */
export interface Approval {
  readonly approvedBy: string;
  /** RFC 3339. */
  readonly approvedAt: string;
  readonly signature: string;
}

export interface SavedPlan {
  readonly plan: Plan;
  /** RFC 3339. */
  readonly madeAt: string;
  readonly approval?: Approval;
}

/**
 * Keeps a plan in a file, to be looked at, approved and applied. There is no secret in it.
 *
 * @throws TashikaError `CONFIG_UNREADABLE` where it can't be written
 */
export function savePlan(file: string, saved: SavedPlan): void {
  const text = JSON.stringify({ format: FORMAT, digest: digestOf(saved.plan), ...saved }, null, 2);
  const unfinished = `${file}.new`;
  try {
    writeFileSync(unfinished, `${text}\n`);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw new TashikaError('CONFIG_UNREADABLE', `The plan can't be kept in ${file}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** @throws TashikaError `SORACOM_PLAN_UNREADABLE` */
export function loadPlan(file: string): SavedPlan {
  let saved: (SavedPlan & { readonly format?: unknown; readonly digest?: unknown }) | undefined;
  try {
    saved = parseJsonText(readFileSync(file, 'utf8')) as typeof saved;
  } catch (error) {
    const why = error instanceof SyntaxError ? `is not JSON (${error.message}).` : `can't be read: ${messageOf(error)}`;
    throw new TashikaError('SORACOM_PLAN_UNREADABLE', `The plan ${file} ${why}`, { cause: error });
  }
  if (saved?.format !== FORMAT || !saved.plan)
    throw new TashikaError('SORACOM_PLAN_UNREADABLE', `${file} is no saved plan of this version.`);
  if (saved.digest !== digestOf(saved.plan))
    throw new TashikaError('SORACOM_PLAN_UNREADABLE', `${file} was changed after it was made. Make a new plan.`);
  const { plan, madeAt, approval } = saved;
  return { plan, madeAt, ...(approval ? { approval } : {}) };
}
