import type { Clock } from '@tashika/shared/time';

/**
 * What a command's process ends with: 0 done; 1 failed; 2 wrong usage; 3 what was asked for was found (drift, a plan
 * with changes under `--exit-code`, a policy that denies); 78 wrong configuration (`EX_CONFIG` of sysexits.h).
 * Errors that a command throws get theirs from the front door, so a command itself returns 0, 1 or 3.
 */
export type ExitCode = 0 | 1 | 2 | 3 | 78;

/** What was asked for was found. */
export const EXIT_FOUND: ExitCode = 3;

/** The person who was asked said no: nothing was done, and what stands behind `&&` must not go on. */
export const EXIT_DECLINED: ExitCode = 1;

/** An argument that is known by its place. Only the last one may be `many`. */
export interface Positional {
  /** As it stands in the help and as the key in `CommandArguments`, such as `file`. */
  readonly name: string;
  readonly summary: string;
  /** Left out means that it may be missing. */
  readonly required?: boolean;
  /** It takes all that are left; its value is a list then. */
  readonly many?: boolean;
  readonly choices?: readonly string[];
}

/** An argument that is known by its name: `--name VALUE`, or `--name` alone for a flag. */
export interface Option {
  readonly summary: string;
  /** `flag` takes no value; `list` may be given more than once. */
  readonly type: 'text' | 'number' | 'flag' | 'list';
  /** What stands for the value in the help, such as `DIR`. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly standard?: string | number;
  /** Left out means that it may be missing. */
  readonly required?: boolean;
}

/**
 * What was given on the command line, by the names of positionals and options just as they are declared (`dry-run`, not
 * `dryRun`). What was left out and has no standard is undefined. `--` holds what stood after a lone `--`.
 */
export type CommandArguments = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** What a command meets the world with. Nothing else of the process is a command's to touch. */
export interface CommandContext {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where relative paths on the command line begin. */
  readonly cwd: string;
  /** With `--json`: the answer is for a program. */
  readonly json: boolean;
  readonly stdin: NodeJS.ReadableStream;
  readonly clock: Clock;
  /** Aborted by Ctrl-C and SIGTERM. A command stops at the next point from which it can be run again. */
  readonly signal: AbortSignal;
  /** A person's text to stdout, a newline added; nothing with `--json`. */
  print(text: string): void;
  /** With `--json` the one JSON document on stdout; nothing without. Called once at most. */
  answer(value: unknown): void;
  /** How long work is getting on, to stderr: one line that is rewritten on a terminal, a line each otherwise. */
  progress(text: string): void;
  /**
   * Asks before something that can't be taken back. `--yes` answers yes.
   *
   * @returns false when the person says no; the command then changes nothing, says so and ends with `EXIT_DECLINED`
   * @throws TashikaError `USAGE` where nobody can be asked: no terminal, and no `--yes`
   */
  confirm(question: string): Promise<boolean>;
}

/** One thing that an operator can do, `tashika GROUP NAME`. */
export interface Command {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** More than the one line, for the command's own help: what it changes, an example. */
  readonly description?: string;
  readonly positionals?: readonly Positional[];
  readonly options?: Readonly<Record<string, Option>>;
  /** What the group does when it is named alone; one command of a group at most. */
  readonly alone?: boolean;
  /** All that follows the command's name is another program's: it is in `--` as it was given, `--help` too. */
  readonly handsOn?: boolean;
  /**
   * Does it. Load what is heavy in here (`await import(…)`), so that help and completion stay fast.
   *
   * @throws TashikaError for what a person can act on; the front door prints it and chooses the exit code
   */
  run(args: CommandArguments, context: CommandContext): Promise<ExitCode>;
}

/** The commands of one room, `tashika NAME …`. A room exports it from its `command.ts`. */
export interface CommandGroup {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  readonly commands: readonly Command[];
}

/** The text given for `name`; undefined where none was. */
export function textOf(args: CommandArguments, name: string): string | undefined {
  const value = args[name];
  return value === undefined ? undefined : String(value);
}

/** The texts given for `name`, a list or a positional that takes many; empty where none was. */
export function textsOf(args: CommandArguments, name: string): readonly string[] {
  const value = args[name];
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [String(value)];
}

/** The number given for `name`; undefined where none was. */
export function numberOf(args: CommandArguments, name: string): number | undefined {
  const value = args[name];
  return typeof value === 'number' ? value : undefined;
}

/** Whether the flag was given. */
export function flagOf(args: CommandArguments, name: string): boolean {
  return args[name] === true;
}
