import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { nodeArgsOf } from './program.ts';

const EDGE = new URL('../../edge/main.ts', import.meta.url);

it('runs a program from source, or what was built of it', () => {
  const source = fileURLToPath(EDGE);
  expect(nodeArgsOf(EDGE, '')).toEqual(['--conditions=source', '--import', 'tsx', source]);
  expect(existsSync(source)).toBe(true);
  expect(nodeArgsOf(EDGE, 'built')).toEqual([source.replace(/main\.ts$/, 'dist/main.js')]);
});
