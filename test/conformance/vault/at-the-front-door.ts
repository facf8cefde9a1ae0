import { Readable } from 'node:stream';
import { vaultCommands } from '@tashika/deploy/vault';
import { systemClock } from '@tashika/shared/time';

type CommandArguments = Parameters<(typeof vaultCommands.commands)[number]['run']>[0];

/** How a command ended, and all that it said. */
export interface Ran {
  readonly code: number | undefined;
  /** The error that it threw. */
  readonly error: (Error & { readonly code?: string }) | undefined;
  readonly printed: string;
  readonly answered: unknown;
  /** Everything that could have been seen of it. */
  readonly seen: string;
}

/** Runs `tashika vault NAME` as its front door does; questions are answered with yes, unless told otherwise. */
export async function runVault(
  name: string,
  args: CommandArguments,
  env: Readonly<Record<string, string>>,
  input = '',
  { yes = true }: { readonly yes?: boolean } = {},
): Promise<Ran> {
  const printed: string[] = [];
  const told: string[] = [];
  let answered: unknown;
  let code: number | undefined;
  let error: Ran['error'];
  try {
    code = await vaultCommands.commands
      .find((each) => each.name === name)!
      .run(args, {
        env,
        cwd: process.cwd(),
        json: false,
        stdin: Readable.from([input]),
        clock: systemClock,
        signal: new AbortController().signal,
        print: (text) => printed.push(text),
        answer(value) {
          answered = value;
        },
        progress: (text) => told.push(text),
        confirm: async (question) => {
          told.push(question);
          return yes;
        },
      });
  } catch (thrown) {
    error = thrown as Error;
  }
  const seen = [...printed, ...told, JSON.stringify(answered), error?.stack, String(error?.cause)].join('\n');
  return { code, error, printed: printed.join('\n'), answered, seen };
}
