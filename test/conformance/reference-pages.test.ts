import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { referencePages } from './reference-pages.ts';
import { root } from './source-files.ts';

it.each(referencePages())('%s says in words what a text may be', (_path, text) => {
  expect(text).not.toContain('text that matches');
});

it.each(referencePages())('%s is what the schema says (npm run docs writes it)', (path, text) => {
  expect(readFileSync(join(root, path), 'utf8')).toBe(text);
});
