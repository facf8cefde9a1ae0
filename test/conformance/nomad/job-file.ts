import { parse } from '@cdktn/hcl2json';

/** What the parser makes of a job file: blocks are lists, by their labels; expressions are texts in `${…}`. */
export interface JobFile {
  readonly variable: Readonly<Record<string, readonly [Variable]>>;
  readonly job: Readonly<Record<string, readonly [{ readonly group: Readonly<Record<string, readonly [Group]>> }]>>;
}

export interface Variable {
  readonly default?: unknown;
  readonly validation?: readonly { readonly condition: string; readonly error_message: string }[];
}

export interface Group {
  readonly count: unknown;
  readonly update?: readonly [Readonly<Record<string, unknown>>];
  readonly service?: readonly { readonly check?: readonly Check[] }[];
  readonly task: Readonly<Record<string, readonly [Task]>>;
}

export interface Check {
  readonly name: string;
  readonly type: string;
  readonly path?: string;
  readonly check_restart?: readonly object[];
}

export interface Task {
  readonly user?: string;
  readonly kill_timeout?: string;
  readonly config: readonly [Readonly<Record<string, unknown>>];
  readonly vault?: readonly [Readonly<Record<string, unknown>>];
  readonly identity?: readonly [Readonly<Record<string, unknown>>];
  readonly template?: readonly { readonly data: string; readonly change_mode?: string }[];
  readonly env?: readonly [Readonly<Record<string, unknown>>];
  readonly resources?: readonly [Readonly<Record<string, unknown>>];
}

/**
 * A job file by HashiCorp's HCL parser.
 *
 * @throws Error that names file, line and column of what is no HCL
 */
export async function parseJobFile(name: string, text: string): Promise<JobFile> {
  return (await parse(name, text)) as unknown as JobFile;
}
