import { TashikaError } from '@tashika/shared/errors';
import type { Queryable } from '../store/index.ts';
import type { Windowing, WindowPolicy } from '../windows/index.ts';

type Counting = Windowing & { readonly policy: string };

const FIELDS = ['lengthMs', 'hopMs', 'policy'] as const;

/**
 * Notes in the store how its windows are counted, or compares with what it has noted. The transaction has taken its
 * turn: two workers that start on one store with different windows must not both succeed.
 *
 * @throws TashikaError STORE_OF_OTHER_WINDOWS if windows of another length, hop or policy are counted in this store:
 *   with these they would make one table that means nothing
 */
export async function agreeOnWindows(transaction: Queryable, policy: WindowPolicy): Promise<void> {
  const ours: Counting = { ...policy.windowing, policy: policy.name };
  const [known] = await transaction.query<Counting>(
    'SELECT length_ms AS "lengthMs", hop_ms AS "hopMs", policy FROM windowing',
  );
  if (!known) {
    await transaction.query('INSERT INTO windowing (length_ms, hop_ms, policy) VALUES ($1, $2, $3)', [
      ours.lengthMs,
      ours.hopMs,
      ours.policy,
    ]);
    return;
  }
  const other = FIELDS.filter((field) => known[field] !== ours[field]);
  if (other.length === 0) return;
  const differences = other.map((field) => `windows.${field} is ${ours[field]}, and this store's is ${known[field]}`);
  throw new TashikaError(
    'STORE_OF_OTHER_WINDOWS',
    `${differences.join('; ')}: configure what the store has, or give these windows a store of their own`,
  );
}
