import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError, TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { type Approval, canonical, type Plan, type SavedPlan } from '../plan/index.ts';

/** The key of Vault's transit engine that approvals are signed with: by whom the policy lets sign, and nobody sees it. */
const KEY = 'tashika-plans';

/** @throws TashikaError `VAULT_…` */
export async function approve(plan: Plan, vault: Vault, now: Timestamp): Promise<Approval> {
  const said = { approvedBy: await nameOfSelf(vault), approvedAt: new Date(now).toISOString() };
  const { data } = await vault.write(`transit/sign/${KEY}`, { input: inputOf(plan, said) });
  return { ...said, signature: String(data.signature) };
}

/** @throws TashikaError `SORACOM_PLAN_UNAPPROVED` where there is no approval of just this plan; `VAULT_…` */
export async function assertApproved({ plan, approval }: SavedPlan, open: () => Promise<Vault>): Promise<Approval> {
  if (!approval) throw unapproved('The plan has no approval');
  const { signature, ...said } = approval;
  const vault = await open();
  let valid = false;
  try {
    const { data } = await vault.write(`transit/verify/${KEY}`, { input: inputOf(plan, said), signature });
    valid = data.valid === true;
  } catch (error) {
    if (!isTashikaError(error, 'VAULT_REFUSED')) throw error; // what is no signature at all
  }
  if (!valid) throw unapproved("The plan's approval is of another plan, or the plan was changed after it was approved");
  return approval;
}

function unapproved(reason: string): TashikaError {
  return new TashikaError(
    'SORACOM_PLAN_UNAPPROVED',
    `${reason}. Nothing was sent. Have it approved: tashika soracom approve PLAN`,
  );
}

function inputOf(plan: Plan, said: Omit<Approval, 'signature'>): string {
  return Buffer.from(canonical({ plan, ...said })).toString('base64');
}

/** Vault's own name for who asks; a token that may not ask for it is told so. */
async function nameOfSelf(vault: Vault): Promise<string> {
  try {
    const { data } = await vault.read('auth/token/lookup-self');
    return String(data.display_name ?? 'unknown');
  } catch (error) {
    if (isTashikaError(error, 'VAULT_DENIED')) return 'unknown';
    throw error;
  }
}
