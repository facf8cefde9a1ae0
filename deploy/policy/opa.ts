import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { TashikaError } from '@tashika/shared/errors';

/** The release that the tests run. Any later 1.x reads the same language. */
export const OPA_VERSION = 'v1.22.2';

const HOW_TO_GET_IT = `go install -tags opa_no_oci github.com/open-policy-agent/opa@${OPA_VERSION}`;

/** How a run of opa ended. */
export interface OpaOutcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface OpaSurroundings {
  /** Where `opa` is looked for is its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/**
 * Runs opa.
 *
 * @param input written to its standard input
 * @throws TashikaError `TOOL_MISSING`
 */
export async function runOpa(
  args: readonly string[],
  { env, signal }: OpaSurroundings,
  input?: string,
): Promise<OpaOutcome> {
  const child = spawn('opa', args, {
    env: { PATH: env.PATH, HOME: env.HOME },
    ...(signal && { signal }),
    stdio: 'pipe',
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new TashikaError('TOOL_MISSING', `opa is not on the PATH. Get it: ${HOW_TO_GET_IT} (it goes to ~/go/bin).`)
          : error,
      ),
    );
    child.once('close', resolve);
  });
  // It may end before it has read everything; how it ended is what counts.
  child.stdin.on('error', () => {});
  child.stdin.end(input ?? '');
  const [code, stdout, stderr] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}

interface OpaError {
  readonly message: string;
  readonly location?: { readonly file?: string; readonly row?: number };
}

/** What opa's JSON says is wrong, as sentences that begin with file and line. */
export function errorsIn(stdout: string, stderr: string): readonly string[] {
  const errors = errorsOf(stdout) ?? errorsOf(stderr);
  if (!errors) return [stderr.trim() || stdout.trim() || 'opa gave no reason.'];
  return errors.map(({ message, location }) =>
    location?.file ? `${location.file}:${location.row}: ${message}` : message,
  );
}

function errorsOf(output: string): readonly OpaError[] | undefined {
  try {
    const { errors } = JSON.parse(output) as { errors?: readonly OpaError[] };
    return errors && errors.length > 0 ? errors : undefined;
  } catch {
    return undefined;
  }
}
