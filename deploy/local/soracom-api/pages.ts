/** A part of a list, and what the next part is asked for with; undefined where this is the last. */
export interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextKey: string | undefined;
}

/**
 * The part of a list that comes after an item's key.
 *
 * @param items in the order in which `isAfter` compares keys
 */
export function pageOf<Item>(
  items: readonly Item[],
  {
    limit,
    after,
    keyOf,
    isAfter,
  }: {
    readonly limit: number;
    /** The key of the item that the part before ended with; the item itself may be gone. */
    readonly after: string | undefined;
    readonly keyOf: (item: Item) => string;
    readonly isAfter: (key: string, other: string) => boolean;
  },
): Page<Item> {
  const rest = after === undefined ? items : items.filter((item) => isAfter(keyOf(item), after));
  const page = rest.slice(0, limit);
  return { items: page, nextKey: rest.length > page.length ? keyOf(page.at(-1)!) : undefined };
}
