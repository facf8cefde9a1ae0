import { signal } from '@preact/signals';
import { messageOf } from '@tashika/shared/errors';
import { redriveDeadLetter } from '../feed/requests.ts';
import type { DeadLetter } from '../model/contract.ts';
import { deadLetterReason, deadLetters, refreshDeadLetters, wantMoreDeadLetters } from '../page/lists.ts';
import { format, text } from '../page/preferences.ts';

/** The letter being re-driven, and how the last one went. */
const redriving = signal<string | null>(null);
const outcome = signal<{ readonly id: string; readonly error?: string; readonly refused?: string } | null>(null);

export function DeadLetters() {
  const words = text.value.deadLetters;
  const { value, error } = deadLetters.value;
  const rows = value?.deadLetters ?? [];
  return (
    <section class="panel" aria-labelledby="dead-letters-title" data-testid="dead-letters">
      <div class="panel-head">
        <h2 id="dead-letters-title">{words.label}</h2>
        <p class="head-note">{words.note}</p>
      </div>
      <Reasons counts={value?.counts ?? {}} />
      <p role="status" class="outcome" data-testid="redrive-outcome">
        {outcomeText()}
      </p>
      {error !== null && <p class="inline-error">{words.failed(error)}</p>}
      {value && rows.length === 0 && <p class="empty">{words.none}</p>}
      {rows.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
        <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.label)}>
          <table class="letters cards">
            <thead>
              <tr>
                <th scope="col">{words.columns.received}</th>
                <th scope="col">{words.columns.reason}</th>
                <th scope="col">{words.columns.device}</th>
                <th scope="col">{words.columns.sample}</th>
                <td />
              </tr>
            </thead>
            <tbody>
              {rows.map((letter) => (
                <LetterRow key={letter.id} letter={letter} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {value && !value.complete && (
        <p class="foot">
          <button type="button" class="plain" onClick={wantMoreDeadLetters}>
            {words.more}
          </button>
        </p>
      )}
    </section>
  );
}

/** How many of each reason; each is a filter. */
function Reasons({ counts }: { readonly counts: Readonly<Record<string, number>> }) {
  const words = text.value.deadLetters;
  const reasons = Object.entries(counts).sort(([, a], [, b]) => b - a);
  if (reasons.length === 0) return null;
  return (
    <ul class="reasons">
      {[[null, reasons.reduce((sum, [, count]) => sum + count, 0)] as const, ...reasons].map(([reason, count]) => (
        <li key={reason}>
          <button
            type="button"
            class="chip"
            data-testid={`reason-${reason ?? 'all'}`}
            aria-pressed={deadLetterReason.value === reason}
            onClick={() => {
              deadLetterReason.value = reason;
            }}
          >
            {reason === null ? words.all : (words.reasons[reason] ?? reason)} <b>{format.value.integer(count)}</b>
          </button>
        </li>
      ))}
    </ul>
  );
}

function LetterRow({ letter }: { readonly letter: DeadLetter }) {
  const words = text.value.deadLetters;
  const isRedriving = redriving.value === letter.id;
  return (
    <tr data-testid={`dead-letter-${letter.id}`} data-reason={letter.reason}>
      <td>
        {format.value.dateTime(Date.parse(letter.receivedAt))}
        <small>{words.partition(letter.source.partition, String(letter.source.sequenceNumber))}</small>
      </td>
      <td>
        {words.reasons[letter.reason] ?? letter.reason}
        <small lang="en">{letter.detail}</small>
      </td>
      <td>{letter.imsi ?? '—'}</td>
      <td class="sample">
        <code>{letter.sample}</code>
      </td>
      <td>
        <button
          type="button"
          class="plain"
          aria-label={words.redriveOne(letter.id)}
          disabled={redriving.value !== null}
          onClick={() => void redrive(letter.id)}
        >
          {isRedriving ? words.redriving : words.redrive}
        </button>
      </td>
    </tr>
  );
}

function outcomeText(): string {
  const words = text.value.deadLetters;
  if (!outcome.value) return '';
  const { id, error, refused } = outcome.value;
  if (error !== undefined) return words.redriveFailed(id, error);
  return refused === undefined ? words.redriven(id) : words.stillRefused(id, refused);
}

async function redrive(id: string): Promise<void> {
  redriving.value = id;
  outcome.value = null;
  try {
    const answer = await redriveDeadLetter(id);
    outcome.value = answer.outcome === 'counted' ? { id } : { id, refused: answer.detail ?? answer.reason ?? '' };
  } catch (error) {
    outcome.value = { id, error: messageOf(error) };
  }
  redriving.value = null;
  await refreshDeadLetters();
}
