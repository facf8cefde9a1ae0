import type { SoracomApi } from '../api/index.ts';
import type { Account, ActualSim } from './account.ts';
import { credentialShown, groupShown, simShown } from './shapes.ts';

/** What is to be read: each costs requests, and SIMs a request for every hundred. */
export interface Reading {
  readonly credentials: boolean;
  readonly groups: boolean;
  readonly sims: boolean;
}

/**
 * Reads what an account is set to, all pages of it.
 *
 * @param tell how many SIMs there are so far
 * @throws what `SoracomApi` throws
 */
export async function readAccount(api: SoracomApi, reading: Reading, tell: (sims: number) => void): Promise<Account> {
  const operatorId = await api.operator();
  const credentials = reading.credentials ? await listed(api, '/credentials') : [];
  const groups = reading.groups ? await listed(api, '/groups', { limit: '100' }) : [];
  const sims: ActualSim[] = [];
  if (reading.sims)
    for await (const page of api.pages<Record<string, unknown>>('/sims', { limit: '100' })) {
      sims.push(...page.map(simShown));
      tell(sims.length);
    }
  return {
    operatorId,
    credentials: Object.fromEntries(credentials.map(credentialShown)),
    groups: groups.map(groupShown),
    sims,
  };
}

async function listed(api: SoracomApi, path: string, query?: Record<string, string>) {
  const items: Record<string, unknown>[] = [];
  for await (const page of api.pages<Record<string, unknown>>(path, query)) items.push(...page);
  return items;
}
