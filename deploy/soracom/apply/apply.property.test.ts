import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Settings, startSoracomApi } from '../../local/soracom-api/index.ts';
import { type Account, readAccount } from '../account/index.ts';
import { Concealment, SoracomApi } from '../api/index.ts';
import { makePlan, partsOf } from '../plan/index.ts';
import { anyAccount, anyDeclaration, type Wanted } from '../testing/arbitrary.ts';
import { HastyClock } from '../testing/hasty-clock.ts';
import { simOf } from '../testing/rig.ts';
import { applyActions, Secrets, unsettledAfter } from './index.ts';

const ALL = { credentials: true, groups: true, sims: true };

/** The account as the stand-in keeps it. */
function settingsOf({ credentials, groups, sims }: Account): Settings {
  return {
    credentials: Object.entries(credentials).map(([credentialsId, { type, description }]) => ({
      ...{ credentialsId, description, createDateTime: 1, updateDateTime: 1 },
      type: type as 'psk',
      credentials: { policyName: 'send', key: 'former' },
    })),
    groups: groups.map((group) => ({ ...group, createdTime: 1, lastModifiedTime: 1 })),
    sims: new Map(
      sims.map(({ imsis, tags, groupId }) => [
        imsis[0]!,
        { tags, lastModifiedTime: 1, ...(groupId === undefined ? {} : { groupId }) },
      ]),
    ),
  };
}

/** Plans and applies by the API, and says what is left to do after it and what is not as the plan foretold. */
async function carriedOut({ declaration, resolved, env }: Wanted, account: Account, prune: boolean) {
  const clock = new HastyClock();
  const sims = account.sims.map((_, index) => ({ sim: simOf(index) }));
  const standIn = await startSoracomApi({ clock, sims, settings: settingsOf(account), requestsPerMinute: 100_000 });
  const api = new SoracomApi({ endpoint: standIn.url, authKey: async () => standIn.authKey, clock });
  const vault = () => Promise.reject(new Error('Nothing here refers to Vault.'));
  const secrets = new Secrets({ env, vault, concealment: new Concealment() });
  try {
    const before = await readAccount(api, ALL, () => {});
    const plan = makePlan(declaration, before, resolved, { prune });
    await applyActions(plan.actions, before, { api, secrets, parallel: 3, tell: () => {} });
    const after = await readAccount(api, ALL, () => {});
    return {
      left: makePlan(declaration, after, resolved, { prune }).actions,
      unsettled: await unsettledAfter(plan, api),
      keysOfOthers: standIn.state.settings.credentials
        .filter(({ credentialsId }) => !Object.hasOwn(declaration.credentials, credentialsId))
        .map(({ credentials }) => credentials.key),
      others: (state: Account) =>
        Object.entries(state.credentials).filter(
          ([id, { description }]) =>
            !Object.hasOwn(declaration.credentials, id) && partsOf(description).mark !== declaration.mark,
        ),
      before,
      after,
    };
  } finally {
    await standIn.close();
  }
}

describe('an apply of anything to any account', () => {
  it('leaves nothing to do, comes to what the plan foretold, and leaves what is not its own', async () => {
    await fc.assert(
      fc.asyncProperty(anyDeclaration, anyAccount, fc.boolean(), async (wanted, account, prune) => {
        const { left, unsettled, keysOfOthers, others, before, after } = await carriedOut(wanted, account, prune);
        expect([left, unsettled]).toEqual([[], []]);
        expect(keysOfOthers.filter((key) => key !== 'former')).toEqual([]);
        expect(others(after)).toEqual(others(before));
      }),
      { numRuns: 15, seed: 20_261_122 },
    );
  });
});
