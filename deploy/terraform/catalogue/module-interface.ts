/** What a module tells those who use it. */
export interface ModuleInterface {
  readonly name: string;
  /** The comment that its `main.tf` begins with. */
  readonly summary: string;
  readonly inputs: readonly Input[];
  readonly outputs: readonly Output[];
  /** Types of the resources that it makes. */
  readonly resources: readonly string[];
}

export interface Input {
  readonly name: string;
  readonly description: string;
  /** As it is written, on one line. */
  readonly type: string;
  /** As it is written, on one line; undefined for what has to be given. */
  readonly default?: string;
  readonly sensitive: boolean;
  /** In no plan and no state. */
  readonly ephemeral: boolean;
}

export interface Output {
  readonly name: string;
  readonly description: string;
  readonly sensitive: boolean;
}

/** The text of a module's files, by their names. */
export type ModuleFiles = Readonly<Record<string, string>>;

/**
 * Reads the interface of a module from its files.
 *
 * It reads the layout that `terraform fmt` gives and a test holds them to: blocks begin at the margin and end with a `}`
 * there, their arguments are indented by two spaces. So it needs neither a parser for the whole language nor Terraform.
 */
export function readModule(name: string, files: ModuleFiles): ModuleInterface {
  const text = Object.keys(files)
    .sort()
    .map((file) => files[file])
    .join('\n');
  return {
    name,
    summary: openingComment(files['main.tf'] ?? ''),
    inputs: blocks(text, 'variable').map(([label, args]) => ({
      name: label,
      description: literal(args.get('description')),
      type: oneLine(args.get('type') ?? 'any'),
      ...(args.has('default') && { default: oneLine(args.get('default')!) }),
      sensitive: args.get('sensitive') === 'true',
      ephemeral: args.get('ephemeral') === 'true',
    })),
    outputs: blocks(text, 'output').map(([label, args]) => ({
      name: label,
      description: literal(args.get('description')),
      sensitive: args.get('sensitive') === 'true',
    })),
    resources: [...new Set([...text.matchAll(/^resource "(\w+)" "/gm)].map(([, type]) => type!))].sort(),
  };
}

function openingComment(text: string): string {
  const lines = /^(#.*\n)+/.exec(text)?.[0] ?? '';
  return lines.replace(/^#/gm, '').replace(/\s+/g, ' ').trim();
}

/** The blocks of a kind with their labels and arguments, in the order in which they are written. */
function blocks(text: string, kind: string): readonly (readonly [string, ReadonlyMap<string, string>])[] {
  return [...text.matchAll(new RegExp(`^${kind} "(\\w+)" \\{\\n([\\s\\S]*?)^\\}`, 'gm'))].map(
    ([, label, body]) => [label!, argumentsOf(body!)] as const,
  );
}

/** The arguments of a block; one that goes over several lines ends with the next line that is indented by two. */
function argumentsOf(body: string): ReadonlyMap<string, string> {
  const args = new Map<string, string>();
  for (const [, name, value] of body.matchAll(/^ {2}(\w+) += ((?:.*)(?:\n {3,}.*|\n {2}[)\]}]+)*)/gm))
    args.set(name!, value!.trim());
  return args;
}

function literal(value: string | undefined): string {
  if (value === undefined) return '';
  return JSON.parse(value) as string;
}

/** On one line; what is an entry of its own on a line of its own gets a comma. */
function oneLine(text: string): string {
  return text
    .replace(/([^\s{([,])[ \t]*\n\s*(?=[^\s})\]])/g, '$1, ')
    .replace(/\s+/g, ' ')
    .trim();
}
