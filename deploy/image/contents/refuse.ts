import { TashikaError } from '@tashika/shared/errors';
import { inspectTree } from './inspect.ts';

const MOST_NAMED = 10;

/**
 * Reads every file of a tree before it becomes an image.
 *
 * @param names those of the building machine (`namesOfBuildingMachine`)
 * @throws TashikaError `IMAGE_UNSAFE` with each file that holds a secret, an identity, or a trace of this machine
 */
export function refuseUnsafe(tree: string, names: readonly string[]): void {
  const findings = inspectTree(tree, { names });
  if (findings.length === 0) return;
  const named = findings.slice(0, MOST_NAMED).map(({ path, what }) => `${path} (${what})`);
  const more = findings.length > MOST_NAMED ? `, and ${findings.length - MOST_NAMED} more` : '';
  throw new TashikaError('IMAGE_UNSAFE', `No image was made: it would hold ${named.join(', ')}${more}.`);
}
