import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { modules, stacks } from '../directories.ts';
import { TERRAFORM } from '../place.ts';
import { type Ran, type RunOptions, runTerraform } from '../run.ts';

/** What was found in a directory of the modules or stacks. */
export interface Checked {
  readonly directory: string;
  /** Tests that passed. */
  readonly passed: number;
  /** What is wrong, a sentence or two each; empty if nothing is. */
  readonly problems: readonly string[];
}

/** Every directory that is checked, from `deploy/terraform`. */
export function checkedDirectories(): readonly string[] {
  return [...modules(), ...stacks()];
}

/** Files that `terraform fmt` would write otherwise, from `deploy/terraform`. */
export async function unformatted(signal?: AbortSignal): Promise<readonly string[]> {
  const { stdout } = await runTerraform(['fmt', '-check', '-recursive', '-list=true'], {
    directory: TERRAFORM,
    data: tmpdir(),
    ...(signal && { signal }),
  });
  return stdout.split('\n').filter((line) => line !== '');
}

/**
 * Checks one directory against the providers' schemas: `validate`, and its tests with mocked providers, if it has any.
 *
 * @param root where `directory` is; `deploy/terraform`, unless it is a copy
 * @param reattach the providers that are being served
 */
export async function check(
  directory: string,
  { reattach, root = TERRAFORM, signal }: { reattach: string; root?: string; signal?: AbortSignal },
): Promise<Checked> {
  const place = join(root, directory);
  const data = await mkdtemp(join(tmpdir(), 'tashika-terraform-'));
  const options: RunOptions = { directory: place, data, reattach, ...(signal && { signal }) };
  try {
    const init = await runTerraform(['init', '-backend=false', '-input=false', '-no-color'], options);
    if (init.code !== 0) return { directory, passed: 0, problems: [(init.stderr || init.stdout).trim()] };
    const validated = await runTerraform(['validate', '-json'], options);
    const invalid = problemsOf(validated, 'validate');
    if (invalid.length > 0 || !existsSync(join(place, 'tests'))) return { directory, passed: 0, problems: invalid };
    const tested = await runTerraform(['test', '-json'], options);
    return { directory, passed: passedIn(tested.stdout), problems: problemsOf(tested, 'test') };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

interface Diagnostic {
  readonly severity: string;
  readonly summary: string;
  readonly detail?: string;
  readonly range?: { readonly filename: string; readonly start: { readonly line: number } };
}

/** What a run says is wrong; that it failed, where it does not say why. */
function problemsOf({ code, stdout, stderr }: Ran, of: 'validate' | 'test'): readonly string[] {
  const found = diagnostics(stdout, of);
  if (code === 0 || found.length > 0) return found;
  return [`terraform ${of} ended with code ${code}: ${stderr.trim()}`];
}

/** `validate -json` is one document, `test -json` a line for each thing that happens. */
function diagnostics(stdout: string, of: 'validate' | 'test'): readonly string[] {
  const all =
    of === 'validate'
      ? (JSON.parse(stdout) as { diagnostics: readonly Diagnostic[] }).diagnostics
      : lines(stdout).flatMap(({ diagnostic }) => (diagnostic ? [diagnostic] : []));
  return all
    .filter(({ severity }) => severity === 'error')
    .map(({ summary, detail, range }) => {
      const where = range ? ` (${range.filename}:${range.start.line})` : '';
      return `${summary}${where}${detail ? `: ${detail}` : ''}`;
    });
}

function passedIn(stdout: string): number {
  return lines(stdout).find(({ test_summary }) => test_summary)?.test_summary?.passed ?? 0;
}

interface Line {
  readonly diagnostic?: Diagnostic;
  readonly test_summary?: { readonly passed: number };
}

function lines(stdout: string): readonly Line[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Line);
}
