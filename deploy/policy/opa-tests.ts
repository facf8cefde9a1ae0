import { join } from 'node:path';
import type { Base } from './base.ts';
import { errorsIn, type OpaSurroundings, runOpa } from './opa.ts';
import { filesIn, isTest, refusal } from './rego-files.ts';
import type { Team } from './team.ts';

export interface OpaTest {
  /** Package and rule. */
  readonly name: string;
  /** File and line. */
  readonly place: string;
  readonly passed: boolean;
}

/**
 * Runs the tests of the base, and of a team where there is one, by `opa test`.
 *
 * @throws TashikaError `POLICY_INVALID` for a syntax error, or where there is no test; `TOOL_MISSING`
 */
export async function runTests(
  base: Base,
  team: Team | undefined,
  surroundings: OpaSurroundings,
): Promise<readonly OpaTest[]> {
  const tests = (await filesIn(base.directory)).filter(isTest).map((name) => join(base.directory, name));
  const files = [...base.modules, ...tests, ...(team ? [...team.modules, ...team.tests] : [])];
  const { stdout, stderr } = await runOpa(['test', '--format', 'json', ...files], surroundings);
  const results = resultsIn(stdout);
  if (!results) throw refusal('POLICY_INVALID', errorsIn(stdout, stderr));
  if (results.length === 0) throw refusal('POLICY_INVALID', [`No test is in ${base.directory}.`]);
  return results.map(({ package: name, name: rule, location, fail, error }) => ({
    name: `${name}.${rule}`,
    place: `${location.file}:${location.row}`,
    passed: !fail && !error,
  }));
}

interface TestResult {
  readonly package: string;
  readonly name: string;
  readonly location: { readonly file: string; readonly row: number };
  readonly fail?: boolean;
  readonly error?: unknown;
}

function resultsIn(stdout: string): readonly TestResult[] | undefined {
  try {
    const results: unknown = JSON.parse(stdout);
    return Array.isArray(results) ? results : undefined;
  } catch {
    return undefined;
  }
}
