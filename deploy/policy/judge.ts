import type { Timestamp } from '@tashika/shared/time';
import type { Base, Severity } from './base.ts';
import type { PolicyDocument } from './document.ts';
import { type Exception, instantOf } from './exceptions.ts';
import { errorsIn, type OpaSurroundings, runOpa } from './opa.ts';
import { type ParameterValues, valuesOf } from './parameters.ts';
import { refusal } from './rego-files.ts';
import type { Team } from './team.ts';

/** Why a document is denied. */
export interface Violation {
  readonly rule: string;
  readonly title: string;
  readonly severity: Severity;
  /** What to do about it; may be empty for a team's rule. */
  readonly remedy: string;
  /** Address of what it is about; empty where a team's rule names none. */
  readonly resource: string;
  readonly message: string;
}

export interface Verdict {
  readonly document: PolicyDocument;
  readonly violations: readonly Violation[];
  /** What an exception of the base excuses. */
  readonly excused: readonly { readonly denial: Violation; readonly exception: Exception }[];
  /** Exceptions about this kind of document whose day has passed. They excuse nothing. */
  readonly expired: readonly Exception[];
}

/** One document as the merge reads it. */
export interface Case {
  readonly document: unknown;
  readonly check: {
    readonly kind: string;
    readonly now: string;
    readonly parameters: { readonly base: ParameterValues; readonly team: ParameterValues };
    readonly exceptions: readonly Exception[];
  };
}

/**
 * Judges documents by the base and, where there is one, a team, in one run of opa.
 *
 * @param now decides which exceptions still excuse
 * @throws TashikaError `POLICY_INVALID`; `TOOL_MISSING`
 */
export async function judge(
  documents: readonly PolicyDocument[],
  base: Base,
  team: Team | undefined,
  now: Timestamp,
  surroundings: OpaSurroundings,
): Promise<readonly Verdict[]> {
  const ofBase = valuesOf(base.parameters);
  const cases = documents.map(({ kind, content }) => ({
    document: content,
    check: {
      kind,
      now: instantOf(now),
      parameters: { base: ofBase, team: team?.parameters ?? ofBase },
      exceptions: base.exceptions.filter(({ rule }) => rule.startsWith(`${kind}.`)),
    },
  }));
  const decisions = await decide(cases, [...base.modules, ...(team?.modules ?? [])], surroundings);
  return decisions.map((decision, index) => ({ document: documents[index]!, ...decision }));
}

/** A rule that does not come to an end is an error, not a wait. */
const LONGEST_RUN = '60s';

/**
 * What the merge decides of each case, all in one run of opa.
 *
 * @throws TashikaError `POLICY_INVALID`, also when a case has no decision: what was not judged is not allowed
 */
export async function decide(
  cases: readonly Case[],
  modules: readonly string[],
  surroundings: OpaSurroundings,
): Promise<readonly Omit<Verdict, 'document'>[]> {
  const { code, stdout, stderr } = await runOpa(
    [
      'eval',
      '--format',
      'json',
      '--timeout',
      LONGEST_RUN,
      '--stdin-input',
      ...modules.flatMap((file) => ['--data', file]),
      'data.tashika.merge.decisions',
    ],
    surroundings,
    JSON.stringify({ cases }),
  );
  if (code !== 0) throw refusal('POLICY_INVALID', errorsIn(stdout, stderr).map(withReason));
  const { result } = JSON.parse(stdout) as { result?: readonly { expressions: readonly { value: unknown }[] }[] };
  const decisions = (result?.[0]?.expressions[0]?.value ?? {}) as Readonly<Record<string, Omit<Verdict, 'document'>>>;
  return cases.map((_, index) => {
    const decision = decisions[index];
    if (decision) return decision;
    throw refusal('POLICY_INVALID', ['The policies gave no decision; what was not judged is not allowed.']);
  });
}

function withReason(said: string): string {
  if (!said.includes('deadline exceeded')) return said;
  return `The policies did not come to an end within ${LONGEST_RUN}; a team's rule may try too many combinations.`;
}
