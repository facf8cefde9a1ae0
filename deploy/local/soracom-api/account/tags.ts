import { notFound } from '../refusal.ts';
import type { Tags } from './model.ts';

/** Tags as the API takes them. */
export type TagUpdates = readonly { readonly tagName: string; readonly tagValue: string }[];

export function tagsOf(updates: TagUpdates): Tags {
  return Object.fromEntries(updates.map(({ tagName, tagValue }) => [tagName, tagValue]));
}

/** Adds tags, and replaces those of the same name. */
export function withTags(tags: Tags, more: Tags): Tags {
  return { ...tags, ...more };
}

/** @throws Refusal 404 */
export function withoutTag(tags: Tags, name: string): Tags {
  if (!Object.hasOwn(tags, name)) throw notFound(`Tag ${name}`);
  const { [name]: _, ...rest } = tags;
  return rest;
}

/** What is shown of tags: there is always a name, if only an empty one. */
export function shownTags(tags: Tags): Tags {
  return { name: '', ...tags };
}
