import type { Timestamp } from '@tashika/shared/time';
import {
  type OwnedSim,
  type Settings,
  type TagUpdates,
  tagsOf,
  withoutSimTag,
  withSimInGroup,
  withSimInNoGroup,
  withSimTags,
} from '../account/index.ts';
import { shownSim } from '../shown.ts';
import { searchSims } from '../sim-search.ts';
import { type ApiRequest, deleting, type Handler, type Parts, type Success } from './handler.ts';
import { page } from './lists.ts';

/** The one page size that is documented. */
const SEARCH_LIMIT = 10;

function simPage({ query }: ApiRequest, parts: Parts, items: readonly OwnedSim[], standardLimit?: number): Success {
  const { account } = parts;
  return page(query, parts, {
    items,
    keyOf: ({ simId }) => simId,
    shown: (owned) => shownSim(account, owned),
    ...(standardLimit !== undefined && { standardLimit }),
  });
}

/** The handler of a change to a SIM, which is shown afterwards. */
function changing(change: (settings: Settings, owned: OwnedSim, body: unknown, now: Timestamp) => Settings): Handler {
  return ({ parameters, body }, { account, clock }) => {
    const owned = account.owned(parameters.sim_id!);
    account.change((settings) => change(settings, owned, body, clock.now()));
    return { body: shownSim(account, owned) };
  };
}

const listSims: Handler = (request, parts) => simPage(request, parts, parts.account.sims);
const search: Handler = (request, parts) =>
  simPage(request, parts, searchSims(parts.account, request.query), SEARCH_LIMIT);
const getSim: Handler = ({ parameters }, { account }) => ({
  body: shownSim(account, account.owned(parameters.sim_id!)),
});

export const SIM_HANDLERS = {
  listSims,
  searchSims: search,
  getSim,
  putSimTags: changing((settings, owned, body, now) => withSimTags(settings, owned, tagsOf(body as TagUpdates), now)),
  setSimGroup: changing((settings, owned, body, now) =>
    withSimInGroup(settings, owned, (body as { readonly groupId: string }).groupId, now),
  ),
  unsetSimGroup: changing((settings, owned, _, now) => withSimInNoGroup(settings, owned, now)),
  deleteSimTag: deleting(({ parameters }, account, now) => {
    const owned = account.owned(parameters.sim_id!);
    account.change((settings) => withoutSimTag(settings, owned, parameters.tag_name!, now));
  }),
};
