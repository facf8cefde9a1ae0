import type { judgement as currentJudgement } from '../page/lists.ts';
import { format, text } from '../page/preferences.ts';

type Judgement = NonNullable<typeof currentJudgement.value>;

/** Whether the newest settled count is to be believed, and what speaks against it. */
export function Verdict({ judgement }: { readonly judgement: Judgement }) {
  const { certainty, balance } = judgement;
  const words = text.value.verdict;
  const { integer, minute } = format.value;
  const note = {
    certain: words.certainNote(integer(balance.devices)),
    unsettled: words.unsettledNote,
    short: words.shortNote,
    unverifiable: words.unverifiableNote,
    unknown: words.unknownNote,
  }[certainty];
  const reasons = [
    balance.unheard > 0 &&
      words.unheard(integer(balance.unheard), integer(balance.devices), minute(judgement.point.end)),
    balance.held > 0 && words.held(integer(balance.held)),
    balance.missing > 0 && words.missing(integer(balance.missing)),
    balance.lost > 0 && words.lost(integer(balance.lost)),
    balance.unnumbered > 0 && words.unnumbered(integer(balance.unnumbered)),
    judgement.isPartial && words.partial(integer(balance.devices)),
  ].filter((reason) => reason !== false);
  return (
    <div class="verdict" data-testid="verdict" data-certainty={certainty}>
      <strong>{words[certainty]}</strong>
      <p>{note}</p>
      {reasons.length > 0 && (
        <ul>
          {reasons.map((reason) => (
            <li key={reason}>{reason}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
