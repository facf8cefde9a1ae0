import type { ByteRange } from '../bundles/bundle-store.ts';

const ONE_RANGE = /^bytes=\s*(?:(\d{1,15})-(\d{0,15})|-(\d{1,15}))\s*$/;

/**
 * The part of a file of `size` bytes that a request asks for (RFC 9110, 14.2): `whole` where it asks for all, for
 * several ranges or in a way that is not understood, which a server answers with all of it; `unsatisfiable` where
 * nothing of it lies in the file. `If-Range` with another ETag, or with a date, asks for all of it.
 */
export function rangeOf(
  { range, ifRange }: { readonly range: string | undefined; readonly ifRange: string | undefined },
  etag: string,
  size: number,
): ByteRange | 'whole' | 'unsatisfiable' {
  if (range === undefined || (ifRange !== undefined && ifRange !== etag)) return 'whole';
  const [match, first, last, suffix] = ONE_RANGE.exec(range) ?? [];
  if (match === undefined) return 'whole';
  if (suffix !== undefined) {
    const bytes = Math.min(Number(suffix), size);
    return bytes === 0 ? 'unsatisfiable' : { first: size - bytes, last: size - 1 };
  }
  if (last !== '' && Number(last) < Number(first)) return 'whole'; // an invalid range is as none
  if (Number(first) >= size) return 'unsatisfiable';
  return { first: Number(first), last: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
