import type { Rollout, RolloutSignal } from '../../model/fleet-contract.ts';
import { standingOf } from '../../model/signal-chart.ts';
import { format, text } from '../../page/preferences.ts';
import { EvidenceChart, ValueChart } from './signal-charts.tsx';
import { timeOf } from './times.ts';

const DIGITS = 3;

/** Whole from a hundred on; evidence that nobody needs to the digit by its power of ten. */
function figureOf(value: number): string {
  return value >= 100 && value < 1e6 ? format.value.integer(value) : format.value.measured(value, DIGITS);
}

/** Every signal of the gate: what was observed beside what was expected, and the evidence against its threshold. */
export function Signals({ rollout }: { readonly rollout: Rollout }) {
  const words = text.value.fleet.signals;
  return (
    <section class="panel" aria-labelledby="signals-title" data-testid="signals">
      <div class="panel-head">
        <h2 id="signals-title">{words.label}</h2>
      </div>
      <p class="section-note">{words.note}</p>
      {rollout.signals.length === 0 ? (
        <p class="empty">{words.none}</p>
      ) : (
        <ul class="signals">
          {rollout.signals.map((signal) => (
            <Signal key={signal.signal} signal={signal} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Signal({ signal }: { readonly signal: RolloutSignal }) {
  const words = text.value.fleet.signals;
  const { integer } = format.value;
  const name = words.names[signal.signal];
  const standing = standingOf(signal);
  const number = (value: number | null) => (value === null ? words.unknown : figureOf(value));
  return (
    <li class="signal" data-testid={`signal-${signal.signal}`} data-standing={standing} data-evidence={signal.evidence}>
      <div class="signal-head">
        <h3>{name}</h3>
        <span class="signal-standing" data-standing={standing}>
          {words.standing[standing]}
        </span>
      </div>
      <p class="signal-counts">{words.counts[signal.signal]}</p>
      <dl class="signal-values">
        <div class="observed">
          <dt>{words.observed}</dt>
          <dd data-testid={`observed-${signal.signal}`}>{number(signal.observed)}</dd>
        </div>
        <div class="expected">
          <dt>{words.expected}</dt>
          <dd data-testid={`expected-${signal.signal}`}>{number(signal.expected)}</dd>
        </div>
      </dl>
      <ValueChart signal={signal} name={name} />
      <p class="signal-evidence">
        {words.evidence} <b data-testid={`evidence-${signal.signal}`}>{number(signal.evidence)}</b>
        <span>{words.threshold(number(signal.threshold))}</span>
      </p>
      <EvidenceChart signal={signal} name={name} />
      <p class="signal-note">
        {signal.since === null ? words.devices(integer(signal.devices)) : words.since(timeOf(signal.since))}
        {signal.since !== null && signal.worst.length > 0 && (
          <span> · {words.worst(signal.worst.slice(0, 3).join(', '))}</span>
        )}
      </p>
    </li>
  );
}
