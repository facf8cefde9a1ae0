import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { licenceFile, licenceOf, packageFolders } from './licences.ts';

function packageWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), 'tashika-licence-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

describe('the licences of what is bundled', () => {
  it('are those of the innermost package that a module belongs to', () => {
    const modules = [
      'edge/dist/main.js',
      'node_modules/.pnpm/ws@8.23.0/node_modules/ws/lib/receiver.js',
      'node_modules/.pnpm/ws@8.23.0/node_modules/ws/index.js',
      'node_modules/.pnpm/@serialport+stream@13.0.0/node_modules/@serialport/stream/dist/index.js',
    ];
    expect(packageFolders(modules)).toEqual([
      'node_modules/.pnpm/@serialport+stream@13.0.0/node_modules/@serialport/stream',
      'node_modules/.pnpm/ws@8.23.0/node_modules/ws',
    ]);
  });

  it("are the package's own text, whatever it calls the file", () => {
    const folder = packageWith({
      'package.json': '{"name":"a","version":"1.0.0","license":"MIT"}',
      'license.md': 'Copyright A\n',
    });
    expect(licenceOf(folder)).toEqual({ work: 'a 1.0.0', terms: 'MIT', text: 'Copyright A' });
  });

  it('name the author where a package holds no text, and must at least have a name', () => {
    const folder = packageWith({
      'package.json': '{"name":"a","version":"1.0.0","license":"ISC","author":{"name":"B"}}',
    });
    expect(licenceOf(folder).text).toContain('under ISC by B');
    expect(() => licenceOf(packageWith({ 'package.json': '{"name":"a","version":"1.0.0"}' }))).toThrow(
      'says nothing of its licence',
    );
  });

  it('stand in one file, each work once, in an order that does not depend on the build', () => {
    const own = { work: 'agent 1', terms: 'Apache-2.0', text: 'own' };
    const [a, b] = ['a', 'b'].map((work) => ({ work, terms: 'MIT', text: `text of ${work}` })) as [never, never];
    expect(licenceFile(own, [b, a, b])).toBe(licenceFile(own, [a, b]));
    expect(licenceFile(own, [b, a]).match(/text of b/g)).toHaveLength(1);
  });
});
