import { type Account, type Configuration, nameOf } from '../account/index.ts';
import type { Action } from './action.ts';
import { after } from './after.ts';
import type { Problem } from './findings.ts';

/**
 * The most that a group's whole configuration may take. SORACOM's documentation says 8 KB and not how it counts: here,
 * the bytes of the JSON text, and 8,000 of them.
 */
export const CONFIGURATION_LIMIT_BYTES = 8_000;

export function bytesOf(configuration: unknown): number {
  return Buffer.byteLength(JSON.stringify(configuration));
}

/**
 * The actions about one group in an order in which its configuration is never larger than at the beginning or the end:
 * what shrinks it comes first.
 */
export function shrinkingFirst(actions: readonly Action[], account: Account): readonly Action[] {
  const grows = (action: Action) => {
    if (!('group' in action) || action.do === 'create-group') return 0;
    const size = (of: Account) =>
      bytesOf(of.groups.find((group) => nameOf(group) === action.group)?.configuration ?? {});
    return size(after(account, action)) - size(account);
  };
  const growth = new Map(actions.map((action) => [action, grows(action)]));
  return [...actions].sort((a, b) => growth.get(a)! - growth.get(b)!);
}

/** The groups that would be too large at the end, of those that something is done about. */
export function sizeProblems(actions: readonly Action[], end: Account): readonly Problem[] {
  const names = new Set(
    actions.flatMap((action) =>
      action.do === 'create-group' || action.do === 'configure-group' ? [action.group] : [],
    ),
  );
  return [...names].flatMap((name) => {
    const { configuration } = end.groups.find((group) => nameOf(group) === name)!;
    const bytes = bytesOf(configuration);
    if (bytes <= CONFIGURATION_LIMIT_BYTES) return [];
    return [
      {
        code: 'SORACOM_GROUP_TOO_LARGE' as const,
        sentence: `The configuration of the group ${name} would take ${bytes} bytes; SORACOM takes ${CONFIGURATION_LIMIT_BYTES} (8 KB) for the whole group. Its parts: ${partsOf(configuration)}. Nothing was sent.`,
      },
    ];
  });
}

function partsOf(configuration: Configuration): string {
  return Object.entries(configuration)
    .flatMap(([namespace, content]) =>
      Object.entries(content).map(([key, value]) => ({ name: `${namespace}.${key}`, bytes: bytesOf(value) })),
    )
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 5)
    .map(({ name, bytes }) => `${name} ${bytes}`)
    .join(', ');
}
