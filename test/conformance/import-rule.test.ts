import { readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root, sourceFiles } from './source-files.ts';

/** What each package may import of the others, besides itself: along the arrows and down to shared. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  shared: [],
  edge: ['shared'],
  cloud: ['shared'],
  deploy: ['shared', 'edge', 'cloud'],
  test: ['shared', 'edge', 'cloud', 'deploy'],
};

interface Import {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/\bfrom\s+'([^']+)'/g),
    ...text.matchAll(/\bimport\(\s*'([^']+)'/g),
    ...text.matchAll(/^import\s+'([^']+)'/gm),
  ].map((match) => match[1]!);
  const from = file.split(sep)[0]!;
  return specifiers.flatMap((specifier) => {
    if (specifier.startsWith('@tashika/')) return [{ file, from, to: specifier.split('/')[1]! }];
    if (!specifier.startsWith('.')) return [];
    return [{ file, from, to: relative(root, resolve(root, dirname(file), specifier)).split(sep)[0]! }];
  });
}

const files = sourceFiles();
const imports = files.flatMap(importsOf);

describe('the import rule', () => {
  it('sees the source of every package', () => {
    expect(Object.keys(ALLOWED).filter((name) => !files.some((file) => file.startsWith(name + sep)))).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
  });

  it.each(Object.keys(ALLOWED))('lets %s import only what lies below it', (name) => {
    const strayed = imports.filter(({ from, to }) => from === name && to !== name && !ALLOWED[name]!.includes(to));
    expect(strayed).toEqual([]);
  });

  it('lets relative imports stay inside their package', () => {
    const crossing = files.flatMap((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/\bfrom\s+'(\.[^']+)'/g)]
        .map((match) => relative(root, resolve(root, dirname(file), match[1]!)))
        .filter((target) => target.split(sep)[0] !== file.split(sep)[0])
        .map((target) => `${file} → ${target}`),
    );
    expect(crossing).toEqual([]);
  });
});
