import type { Rollout, RolloutSignal } from '../../model/fleet-contract.ts';
import { format, text } from '../../page/preferences.ts';
import { nameOfSignal } from './signal-name.ts';
import { timeAndAgeOf } from './times.ts';

const MOST_SHOWN = 20;

/** What halted it: which signal, since when, which devices. */
export function Failing(props: { readonly failing: Rollout['failing']; readonly signals: readonly RolloutSignal[] }) {
  const { signal, since, haltedAt, devices } = props.failing;
  const words = text.value.fleet;
  const { integer } = format.value;
  const more = devices.length - MOST_SHOWN;
  return (
    <section
      class="failing"
      aria-labelledby="failing-title"
      data-testid="failing"
      data-signal={signal ?? ''}
      data-devices={devices.length}
    >
      <h3 id="failing-title">{words.failing.label}</h3>
      <dl>
        {signal !== null && (
          <div>
            <dt>{words.failing.signal}</dt>
            <dd>{nameOfSignal(signal)}</dd>
          </div>
        )}
        {since !== null && (
          <div>
            <dt>{words.failing.since}</dt>
            <dd>{timeAndAgeOf(since)}</dd>
          </div>
        )}
        {haltedAt !== null && (
          <div>
            <dt>{words.failing.haltedAt}</dt>
            <dd>{timeAndAgeOf(haltedAt)}</dd>
          </div>
        )}
        <div>
          <dt>{words.failing.devices}</dt>
          <dd>
            {devices.length === 0 ? (
              words.failing.noDevices
            ) : (
              <ul class="controller-ids">
                {devices.slice(0, MOST_SHOWN).map((id) => (
                  <li key={id}>{id}</li>
                ))}
                {more > 0 && <li class="more">{words.failing.more(integer(more))}</li>}
              </ul>
            )}
          </dd>
        </div>
      </dl>
    </section>
  );
}
