import { formatImageName, type ImageName } from '@tashika/shared/image';

/** An image and what it was built on. */
export interface Descent extends ImageName {
  readonly parent: ImageName | null;
}

/**
 * The images that stand on each, directly or by others between: what is wrong with an image is in all of them. By name,
 * in the order of `images`.
 */
export function descendantsOf(images: readonly Descent[]): ReadonlyMap<string, readonly string[]> {
  const parentOf = new Map(images.map((each) => [formatImageName(each), each.parent && formatImageName(each.parent)]));
  const found = new Map<string, string[]>();
  for (const name of parentOf.keys()) {
    const passed = new Set([name]); // records may name one another in a ring
    for (let above = parentOf.get(name); above && !passed.has(above); above = parentOf.get(above)) {
      passed.add(above);
      found.set(above, [...(found.get(above) ?? []), name]);
    }
  }
  return found;
}
