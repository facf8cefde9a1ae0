import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Somebody's work that is in the package, and the terms of it. */
export interface Licence {
  readonly work: string;
  /** Its SPDX expression. */
  readonly terms: string;
  readonly text: string;
}

/** The folders of the installed packages that `modules` belong to. */
export function packageFolders(modules: readonly string[]): string[] {
  const folders = modules.flatMap((path) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  return [...new Set(folders)].sort();
}

/**
 * What a package says of its licence.
 *
 * @throws Error where it says nothing, because then it may not be handed on
 */
export function licenceOf(folder: string): Licence {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)([.-].*)?$/i.test(each));
  if (typeof license !== 'string') throw new Error(`${folder} says nothing of its licence.`);
  const text = file
    ? readFileSync(join(folder, file), 'utf8')
    : `Distributed under ${license} by ${authorOf(author) ?? name}; its package holds no other text.`;
  return { work: `${name} ${version}`, terms: license, text: text.trim() };
}

/** All the terms in one text, in a fixed order, each work once. */
export function licenceFile(own: Licence, others: readonly Licence[]): string {
  const sorted = [...new Map(others.map((each) => [each.work, each])).values()].sort((a, b) =>
    a.work < b.work ? -1 : 1,
  );
  const parts = [own, ...sorted].map(
    ({ work, terms, text }) => `${'='.repeat(80)}\n${work} (${terms})\n${'='.repeat(80)}\n\n${text}\n`,
  );
  return `This package holds ${own.work} and these works of others: ${sorted.map(({ work }) => work).join(', ')}.\n\n${parts.join('\n')}`;
}

function authorOf(author: unknown): string | undefined {
  if (typeof author === 'string') return author;
  const name = (author as { name?: unknown } | undefined)?.name;
  return typeof name === 'string' ? name : undefined;
}
