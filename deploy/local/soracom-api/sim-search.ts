import { type Account, type OwnedSim, settingsOf } from './account/index.ts';
import { badRequest } from './refusal.ts';
import type { QueryValues } from './schema/index.ts';

const SHORTEST = 2;

/** What a parameter is looked for in, and whether a part of it is enough. */
const TERMS: Readonly<Record<string, { readonly partial: boolean; of(account: Account, owned: OwnedSim): string[] }>> =
  {
    name: { partial: true, of: (account, owned) => texts(settingsOf(account.settings, owned).tags.name) },
    tag: { partial: true, of: (account, owned) => Object.values(settingsOf(account.settings, owned).tags) },
    group: { partial: true, of: (account, { sim }) => texts(account.groupOf(sim)?.tags.name) },
    group_id: { partial: false, of: (account, { sim }) => texts(account.groupOf(sim)?.groupId) },
    sim_id: { partial: true, of: (_, { simId }) => [simId] },
    iccid: { partial: true, of: (_, { simId }) => [simId] },
    imsi: { partial: true, of: (_, { sim }) => [sim.imsi] },
    status: { partial: false, of: () => ['active'] },
    session_status: { partial: false, of: () => ['ONLINE', 'NA'] },
  };

/**
 * Which SIMs a search finds: all those that each value fits (`and`), or one of them (`or`). Case does not matter; a
 * comma parts values.
 *
 * @throws Refusal 400 for a value of less than two characters
 */
export function searchSims(account: Account, query: QueryValues): readonly OwnedSim[] {
  const wanted = Object.entries(query).flatMap(([name, value]) => {
    const term = TERMS[name];
    if (!term) return [];
    return [value].flat().flatMap((given) =>
      String(given)
        .split(',')
        .map((text) => {
          if (text.length < SHORTEST) throw badRequest(`${name}: a value is at least ${SHORTEST} characters long.`);
          return { term, text: text.toLowerCase() };
        }),
    );
  });
  if (wanted.length === 0) return account.sims;
  const any = String(query.search_type ?? 'and').toLowerCase() === 'or';
  return account.sims.filter((owned) => {
    const fits = ({ term, text }: (typeof wanted)[number]) =>
      term.of(account, owned).some((found) => {
        const there = found.toLowerCase();
        return term.partial ? there.includes(text) : there === text;
      });
    return any ? wanted.some(fits) : wanted.every(fits);
  });
}

function texts(text: string | undefined): string[] {
  return text === undefined ? [] : [text];
}
