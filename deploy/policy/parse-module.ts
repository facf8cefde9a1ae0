import { errorsIn, type OpaSurroundings, runOpa } from './opa.ts';
import { refusal } from './rego-files.ts';
import type { RegoModule } from './syntax-tree.ts';

/**
 * A module's syntax tree, from opa itself.
 *
 * @throws TashikaError `POLICY_INVALID` with file and line
 */
export async function parseModule(file: string, surroundings: OpaSurroundings): Promise<RegoModule> {
  const { code, stdout, stderr } = await runOpa(
    ['parse', '--format', 'json', '--json-include', 'locations', file],
    surroundings,
  );
  if (code !== 0) throw refusal('POLICY_INVALID', errorsIn(stdout, stderr));
  return JSON.parse(stdout) as RegoModule;
}
