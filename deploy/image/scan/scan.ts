import type { ImageRecord } from '@tashika/shared/image';
import type { ImagePackage } from '../record/package-list.ts';
import type { Advisories, Advisory } from './advisory.ts';
import { baseScoreOf } from './cvss.ts';
import { compareDebian, compareSemantic } from './versions.ts';

export type Scan = ImageRecord['scan'];
type Found = Extract<Scan, { status: 'scanned' }>['found'][number];
type Affected = NonNullable<Advisory['affected']>[number];

/** OSV's name of where packages of a kind come from. Node itself has none there. */
const ECOSYSTEMS = { npm: 'npm', deb: 'Debian:13' } as const;

/**
 * Holds a package list against advisories.
 *
 * @param mostCvss greatest score that passes the gate; what has no score is listed, and fails nothing
 * @returns `not scanned` with the reason where there is nothing to hold a part of the list against: never a clean scan
 *   of half an image
 */
export function scanOf(packages: readonly ImagePackage[], advisories: Advisories | undefined, mostCvss: number): Scan {
  if (!advisories) return { status: 'not scanned', reason: 'no advisories were given (--advisories FILE)' };
  const byName = new Map<string, [Advisory, Affected][]>();
  const ecosystems = new Set<string>();
  for (const advisory of advisories.all.filter(({ withdrawn }) => withdrawn === undefined))
    for (const affected of advisory.affected ?? []) {
      if (!affected.package) continue;
      ecosystems.add(affected.package.ecosystem);
      const key = keyOf(affected.package.ecosystem, affected.package.name);
      byName.set(key, [...(byName.get(key) ?? []), [advisory, affected]]);
    }
  const kinds = (['deb', 'npm'] as const).filter((kind) => packages.some((each) => each.kind === kind));
  const without = kinds.filter((kind) => !ecosystems.has(ECOSYSTEMS[kind])).map((kind) => ECOSYSTEMS[kind]);
  if (without.length > 0)
    return { status: 'not scanned', reason: `${advisories.source} has no advisories of ${without.join(' and ')}` };

  const found = packages.flatMap((each) => vulnerabilitiesOf(each, byName));
  const programs = packages.filter(({ kind }) => kind === 'program').map(({ name }) => name);
  const uncovered = programs.length > 0 ? ` (OSV knows no advisories of ${programs.join(', ')} itself)` : '';
  return {
    status: 'scanned',
    scanner: `${advisories.source}${uncovered}`,
    advisoriesOf: advisories.newest,
    found,
    gate: { mostCvss, passed: found.every(({ cvss }) => cvss === null || cvss <= mostCvss) },
  };
}

function vulnerabilitiesOf(each: ImagePackage, byName: ReadonlyMap<string, readonly [Advisory, Affected][]>): Found[] {
  if (each.kind === 'program') return [];
  // Debian's advisories are of source packages.
  const name = each.source ?? each.name;
  const version = each.sourceVersion ?? each.version;
  const compare = each.kind === 'deb' ? compareDebian : compareSemantic;
  const found = new Map<string, Found>();
  for (const [advisory, affected] of byName.get(keyOf(ECOSYSTEMS[each.kind], name)) ?? []) {
    if (!isAffected(affected, version, compare)) continue;
    const id = idOf(advisory);
    found.set(id, { id, package: each.name, version: each.version, cvss: scoreOf(advisory, affected) });
  }
  return [...found.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** As OSV's schema says it: named, or behind an event that begins and before one that ends (Evaluation). */
function isAffected(
  { versions, ranges }: Affected,
  version: string,
  compare: (a: string, b: string) => number,
): boolean {
  if (versions?.includes(version)) return true;
  return (ranges ?? [])
    .filter(({ type }) => type === 'ECOSYSTEM' || type === 'SEMVER')
    .some(({ events }) => {
      const since = (introduced: string) => introduced === '0' || compare(version, introduced) >= 0;
      const begun = events.some(({ introduced }) => introduced !== undefined && since(introduced));
      if (!begun) return false;
      // The latest beginning that lies before this version, and whether an end lies between.
      const latest = events
        .flatMap(({ introduced }) => (introduced !== undefined && since(introduced) ? [introduced] : []))
        .sort((a, b) => (a === '0' ? -1 : b === '0' ? 1 : compare(a, b)))
        .at(-1)!;
      const behind = (end: string) => latest === '0' || compare(end, latest) >= 0;
      return !events.some(
        ({ fixed, last_affected: last }) =>
          (fixed !== undefined && behind(fixed) && compare(version, fixed) >= 0) ||
          (last !== undefined && behind(last) && compare(version, last) > 0),
      );
    });
}

function idOf({ id, aliases = [], upstream = [] }: Advisory): string {
  return [id, ...aliases, ...upstream].find((each) => each.startsWith('CVE-')) ?? id;
}

function scoreOf(advisory: Advisory, affected: Affected): number | null {
  const vectors = [...(affected.severity ?? []), ...(advisory.severity ?? [])].filter(({ type }) => type === 'CVSS_V3');
  const scores = vectors.flatMap(({ score }) => baseScoreOf(score) ?? []);
  return scores.length > 0 ? Math.max(...scores) : null;
}

function keyOf(ecosystem: string, name: string): string {
  return `${ecosystem}\n${name}`;
}
