import { execFile } from 'node:child_process';
import { TashikaError } from '@tashika/shared/errors';

/** What a run of Terraform came to. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Directory of the configuration. */
  readonly directory: string;
  /** Where Terraform keeps what it needs for that directory, so that nothing is left in the directory. */
  readonly data: string;
  /** `TF_REATTACH_PROVIDERS`: providers that are being served. */
  readonly reattach?: string;
  /** Further environment, such as `TF_VAR_…`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Runs `terraform` with nothing of this machine's settings for it. A code other than 0 is an answer, no error.
 *
 * @throws TashikaError TOOL_MISSING without a `terraform`
 */
export function runTerraform(args: readonly string[], options: RunOptions): Promise<Ran> {
  const { directory, data, reattach, env, signal } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !/^(TF_|ARM_|VAULT_)/.test(name));
  const settings = {
    cwd: directory,
    env: {
      ...Object.fromEntries(inherited),
      CHECKPOINT_DISABLE: '1',
      TF_IN_AUTOMATION: '1',
      TF_CLI_CONFIG_FILE: '/dev/null',
      TF_DATA_DIR: data,
      ...(reattach !== undefined && { TF_REATTACH_PROVIDERS: reattach }),
      ...env,
    },
    maxBuffer: 64 * 2 ** 20,
    ...(signal && { signal }),
  };
  return new Promise((resolve, reject) => {
    execFile('terraform', [...args], settings, (error, stdout, stderr) => {
      if (!error) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject((error as NodeJS.ErrnoException).code === 'ENOENT' ? missing(error) : error);
    });
  });
}

function missing(cause: Error): TashikaError {
  return new TashikaError(
    'TOOL_MISSING',
    'There is no terraform on the PATH. Install Terraform 1.11 or newer (developer.hashicorp.com/terraform/install).',
    { cause },
  );
}

/**
 * What `ran` printed, if it went well.
 *
 * @throws TashikaError TERRAFORM_FAILED with what Terraform says
 */
export function succeeded(ran: Ran, what: string): string {
  if (ran.code === 0) return ran.stdout;
  throw new TashikaError('TERRAFORM_FAILED', `${what} failed: ${(ran.stderr || ran.stdout).trim()}`);
}
