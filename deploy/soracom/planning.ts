import type { CommandContext } from '../command/index.ts';
import { type Account, readAccount } from './account/index.ts';
import type { Declaration } from './declaration/index.ts';
import { makePlan, type Plan } from './plan/index.ts';
import type { Surroundings } from './surroundings.ts';

export interface PlanningOptions {
  readonly prune: boolean;
  /** Look references up, to compare secrets by their fingerprints. */
  readonly compareSecrets: boolean;
}

export interface Planned {
  readonly plan: Plan;
  readonly account: Account;
}

/**
 * Reads secrets and account and compares them with the files. Secrets come first: one that is missing stops before
 * SORACOM is asked anything.
 *
 * @throws what `Secrets`, `readAccount` and `makePlan` throw
 */
export async function planned(
  declaration: Declaration,
  { api, secrets }: Surroundings,
  { prune, compareSecrets }: PlanningOptions,
  { progress }: Pick<CommandContext, 'progress'>,
): Promise<Planned> {
  const resolved = compareSecrets ? await secrets.resolve(declaration.credentials) : {};
  const { credentials, groups, sims } = declaration;
  const reading = {
    credentials: prune || Object.keys(credentials).length > 0,
    groups: prune || Object.keys(groups).length > 0 || sims.length > 0,
    sims: prune || sims.length > 0,
  };
  const account = await readAccount(api, reading, (count) => progress(`${count} SIMs read`));
  return { plan: makePlan(declaration, account, resolved, { prune }), account };
}
