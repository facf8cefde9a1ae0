import { readFileSync, writeFileSync } from 'node:fs';
import type { Architecture } from '../../edge-package/target.ts';
import { DEFINITION } from '../definition.ts';
import { runTool } from '../tool.ts';
import { keepLanguages } from './locales.ts';

/**
 * Takes out of a Node what no agent runs: the texts of languages that no device speaks, and symbols for debuggers. Both
 * products of an image carry the same Node.
 *
 * @param file a copy of the program, changed in place
 * @param quick with its symbols, in less time
 */
export function trimNode(
  file: string,
  architecture: Architecture,
  { quick, madeAt }: { quick: boolean; madeAt: number },
): void {
  const program = readFileSync(file);
  keepLanguages(program, DEFINITION.languages);
  writeFileSync(file, program);
  if (!quick) runTool(DEFINITION.strip[architecture], ['--strip-all', file], { madeAt });
}
