import type { Vault } from '@tashika/cloud/secrets';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import { auditStanza } from './audit-stanza.ts';
import type { AuditDevice, Declared, Fields } from './declared.ts';
import { noteDone, noteSite } from './journal.ts';
import type { Change, Plan } from './plan.ts';

export interface ApplyParts {
  readonly vault: Vault;
  readonly clock: Clock;
  /** Ends it between two changes; the next run goes on from there. */
  readonly signal: AbortSignal;
  /** Told before each change. */
  readonly progress: (done: number, change: Change) => void;
}

/**
 * Makes the changes of a plan, one after the other; each is whole or can be made again. Nothing else is done while no
 * audit device is on.
 *
 * @throws TashikaError VAULT_DIFFERS, VAULT_AUDIT_OFF, CONFIG_INVALID where a first secret is not given, and those of
 *   `Vault`, with how far it came
 */
export async function apply(plan: Plan, parts: ApplyParts): Promise<void> {
  requireNoConflict(plan);
  requireSecrets(plan);
  let done = 0;
  try {
    for (const change of plan.changes) {
      parts.signal.throwIfAborted();
      parts.progress(done, change);
      await make(change, parts);
      done++;
    }
  } catch (error) {
    if (!(error instanceof TashikaError)) throw error;
    const far = `${done} of ${plan.changes.length} changes are made; run it again for the rest.`;
    throw new TashikaError(error.code, `${messageOf(error)} ${far}`, { cause: error });
  }
}

/** @throws TashikaError VAULT_DIFFERS */
export function requireNoConflict({ conflicts }: Plan): void {
  if (conflicts.length > 0) throw new TashikaError('VAULT_DIFFERS', conflicts.join('\n'));
}

/** Asked for before anything is changed. @throws TashikaError CONFIG_INVALID */
function requireSecrets({ changes }: Plan): void {
  for (const change of changes) if (change.kind === 'make') secretsOf(change.declared);
}

function secretsOf({ first = {} }: Declared): Fields {
  return Object.fromEntries(Object.entries(first).map(([field, secret]) => [field, secret()]));
}

async function make(change: Change, { vault, clock }: ApplyParts): Promise<void> {
  switch (change.kind) {
    case 'audit':
      return switchOn(change.device, vault);
    case 'make':
      return create(change.declared, vault, clock);
    case 'alter': {
      const { path, fixed, body, update } = change.declared;
      await vault.write(update ?? path, update === undefined ? { ...fixed, ...body } : body);
      return;
    }
    case 'finish':
      return once(change.path, vault, clock);
    case 'note':
      return noteSite(vault, change.site);
  }
}

async function create(declared: Declared, vault: Vault, clock: Clock): Promise<void> {
  const { path, fixed, body, creation, update, afterwards } = declared;
  const whole = creation ?? (update === undefined ? { ...fixed, ...body } : fixed);
  await vault.write(path, { ...whole, ...secretsOf(declared) });
  if (creation === undefined && update !== undefined) await vault.write(update, body);
  if (afterwards !== undefined) await once(afterwards, vault, clock);
}

async function once(path: string, vault: Vault, clock: Clock): Promise<void> {
  await vault.write(path);
  await noteDone(vault, path, clock);
}

/** @throws TashikaError VAULT_AUDIT_OFF where the server takes its audit devices from its configuration */
async function switchOn(device: AuditDevice, vault: Vault): Promise<void> {
  try {
    await vault.write(`sys/audit/${device.path}`, { type: device.type, options: device.options });
  } catch (error) {
    if (!isTashikaError(error, 'VAULT_REFUSED')) throw error;
    throw new TashikaError(
      'VAULT_AUDIT_OFF',
      `The audit device ${device.path} can't be switched on by the API: ${messageOf(error)} OpenBao has it in its server's configuration; add this, send SIGHUP to the server, and apply again:\n${auditStanza(device)}`,
      { cause: error },
    );
  }
}
