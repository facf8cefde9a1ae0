import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';

/** What can be judged; each is a package of the base. */
export const KINDS = ['terraform', 'soracom', 'nomad'] as const;

export type Kind = (typeof KINDS)[number];

const NAMES: Readonly<Record<Kind, string>> = {
  terraform: 'Terraform plan',
  soracom: 'SORACOM plan',
  nomad: 'Nomad job',
};

/** How a kind is called in a sentence. */
export function kindName(kind: Kind): string {
  return NAMES[kind];
}

/** Something to be judged. */
export interface PolicyDocument {
  readonly file: string;
  readonly kind: Kind;
  readonly content: unknown;
}

/** The name by which standard input is given. */
const STDIN = '-';

/** Where documents come from. */
export interface DocumentSource {
  /** Where relative paths begin. */
  readonly cwd: string;
  readonly stdin: NodeJS.ReadableStream;
}

/**
 * Reads what is to be judged.
 *
 * @param given a path, or `-` for standard input
 * @param expected the kind that it must be; undefined takes what it is
 * @throws TashikaError `POLICY_INPUT_INVALID`
 */
export async function readDocument(
  given: string,
  { cwd, stdin }: DocumentSource,
  expected?: Kind,
): Promise<PolicyDocument> {
  const file = given === STDIN ? 'standard input' : given;
  const invalid = (why: string, cause?: unknown) =>
    new TashikaError('POLICY_INPUT_INVALID', `${file} ${why}`, { cause });
  const text = await (given === STDIN ? textOf(stdin) : readFile(resolve(cwd, file), 'utf8')).catch(
    (error: unknown) => {
      throw invalid(`can't be read: ${messageOf(error)}`, error);
    },
  );
  let content: unknown;
  try {
    content = parseJsonText(text);
  } catch (error) {
    throw invalid(
      `is no JSON (${messageOf(error)}). A Terraform plan is made JSON by: terraform show -json PLAN`,
      error,
    );
  }
  const kind = kindOf(content);
  if (kind === undefined) throw invalid(`is neither a ${KINDS.map((each) => NAMES[each]).join(' nor a ')}.`);
  if (expected !== undefined && expected !== kind) throw invalid(`is a ${NAMES[kind]}, not a ${NAMES[expected]}.`);
  return { file, kind, content };
}

/** What a document is, by what every one of its kind has. */
export function kindOf(content: unknown): Kind | undefined {
  if (typeof content !== 'object' || content === null) return undefined;
  if ('format_version' in content && 'terraform_version' in content) return 'terraform';
  if ('Job' in content || 'TaskGroups' in content || 'job' in content) return 'nomad';
  if ('operatorId' in content && 'actions' in content) return 'soracom';
  if ('format' in content && 'plan' in content && String(content.format).startsWith('tashika-soracom-plan-'))
    return 'soracom';
  return undefined;
}
