import { pageOf } from '../pages.ts';
import type { QueryValues } from '../schema/index.ts';
import type { Parts, Success } from './handler.ts';

/** How many items a page has that nobody gave a limit for. Not documented, but for a search. */
const STANDARD_LIMIT = 100;

export interface Listing<Item> {
  /** In the order of their keys. */
  readonly items: readonly Item[];
  readonly keyOf: (item: Item) => string;
  readonly shown: (item: Item) => object;
  readonly standardLimit?: number;
}

/** The page of a list that the query asks for. */
export function page<Item>(query: QueryValues, { pageSize }: Parts, listing: Listing<Item>): Success {
  const { items, nextKey } = pageOf(listing.items, {
    limit: Math.min(Number(query.limit ?? listing.standardLimit ?? STANDARD_LIMIT), pageSize()),
    after: lastKey(query),
    keyOf: listing.keyOf,
    isAfter: (key, other) => key > other,
  });
  return { body: items.map(listing.shown), nextKey };
}

/** The same of entries that are told newest first: their time is their key, and a page goes on with older ones. */
export function newestFirst<Entry extends { readonly time: number }>(
  query: QueryValues,
  { pageSize }: Parts,
  entries: readonly Entry[],
  shown: (entry: Entry) => object,
): Success {
  const { items, nextKey } = pageOf(entries, {
    limit: Math.min(Number(query.limit ?? STANDARD_LIMIT), pageSize()),
    after: lastKey(query),
    keyOf: ({ time }) => String(time),
    isAfter: (key, other) => Number(key) < Number(other),
  });
  return { body: items.map(shown), nextKey };
}

function lastKey({ last_evaluated_key: key }: QueryValues): string | undefined {
  return key === undefined ? undefined : String(key);
}
