import { TashikaError } from '@tashika/shared/errors';

/** A bundle that devices would not install; `why` goes on the sentence "the bundle is refused: …". */
export function refused(why: string, cause?: unknown): TashikaError {
  return new TashikaError('BUNDLE_REFUSED', `The bundle is refused: ${why}.`, { cause });
}
