import { intersection, type SequenceRanges, subtract, through, union } from '@tashika/shared/sequence';
import type { Duration } from '@tashika/shared/time';
import type { Receipt, Unconfirmed } from '../spool/index.ts';
import type { Sendings } from './sendings.ts';

/** What follows from a receipt. */
export interface Conclusion {
  /** For the spool. */
  readonly confirm: Receipt;
  /** What has been sent as often as it may be, and is still missing. */
  readonly ended: SequenceRanges;
  /** Whether the receipt names only the first of what is missing. */
  readonly cut: boolean;
}

/**
 * What a receipt means for a device that asked at `askedAt` (monotonic). What the cloud has is done with. What it lacks
 * is sent again if it was sent long enough ago; of what may be on its way, of what was sent as often as it may be, and
 * of what the device no longer keeps, nothing is concluded: a cloud that knows less than it did asks for nothing back.
 *
 * Where the last numbers are lost the cloud sees no gap. Then the very last number is sent again, once it can be
 * missing: when it is there, the next receipt names the others, and a cloud that is merely behind costs one reading.
 */
export function conclude(
  receipt: Receipt,
  unconfirmed: Pick<Unconfirmed, 'sent' | 'told' | 'through'>,
  sendings: Sendings,
  askedAt: Duration,
): Conclusion {
  const kept = union(unconfirmed.sent, unconfirmed.told);
  const cut = receipt.missing.length > 0 && through(receipt.missing) === receipt.through;
  const last = unconfirmed.through;
  const probe: SequenceRanges = !cut && last > receipt.through ? [[last, last]] : [];
  const { due, ended } = sendings.sorted(intersection(union(receipt.missing, probe), kept), askedAt);
  return {
    confirm: { ...receipt, missing: due, undecided: subtract(receipt.missing, due) },
    ended,
    cut,
  };
}
