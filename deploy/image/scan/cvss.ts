/** Weights of CVSS v3.1's base metrics (FIRST, "CVSS v3.1 Specification Document", section 7.4). */
const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
/** Privileges weigh otherwise where what is reached lies beyond what is attacked. */
const PRIVILEGES = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
} as const;

/**
 * The base score of a CVSS vector of version 3.0 or 3.1, 0 to 10.
 *
 * @returns null for anything else, such as a vector of another version: a score is never guessed
 */
export function baseScoreOf(vector: string): number | null {
  const [head, ...parts] = vector.split('/');
  if (head !== 'CVSS:3.0' && head !== 'CVSS:3.1') return null;
  const metrics = new Map(parts.map((part) => part.split(':') as [string, string]));
  const scope = metrics.get('S');
  if (scope !== 'U' && scope !== 'C') return null;
  const weights = Object.fromEntries(
    Object.entries(WEIGHTS).map(([name, values]) => [name, values[metrics.get(name) ?? '']]),
  );
  const privileges = PRIVILEGES[scope][metrics.get('PR') as 'N'];
  if (privileges === undefined || Object.values(weights).includes(undefined)) return null;
  const { AV, AC, UI, C, I, A } = weights as Record<string, number>;

  const reach = 1 - (1 - C!) * (1 - I!) * (1 - A!);
  const impact = scope === 'U' ? 6.42 * reach : 7.52 * (reach - 0.029) - 3.25 * (reach - 0.02) ** 15;
  if (impact <= 0) return 0;
  const exploitability = 8.22 * AV! * AC! * privileges * UI!;
  return roundedUp(Math.min(scope === 'U' ? impact + exploitability : 1.08 * (impact + exploitability), 10));
}

/** To one decimal, upwards, and not led astray by binary fractions (the same, appendix A). */
function roundedUp(score: number): number {
  const hundredThousandths = Math.round(score * 100_000);
  return hundredThousandths % 10_000 === 0
    ? hundredThousandths / 100_000
    : (Math.floor(hundredThousandths / 10_000) + 1) / 10;
}
