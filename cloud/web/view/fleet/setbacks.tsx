import type { Rollout } from '../../model/fleet-contract.ts';
import { format, text } from '../../page/preferences.ts';
import { Reason } from './reason.tsx';

/** What is said of devices that did not come to the image, or do not leave it, and how many have it in common. */
export function Setbacks({ setbacks }: Pick<Rollout, 'setbacks'>) {
  const words = text.value.fleet;
  const { integer } = format.value;
  if (setbacks.length === 0) return null;
  return (
    <section class="setbacks" aria-labelledby="setbacks-title" data-testid="setbacks">
      <h3 id="setbacks-title">{words.setbacks}</h3>
      <ul>
        {setbacks.map(({ state, detail, why, devices, some }) => (
          <li key={`${state} ${detail}`} data-state={state} data-devices={devices}>
            <p>
              <b>{words.count(integer(devices))}</b> {words.deviceStates[state] ?? state}
            </p>
            <p class="setback-reason">
              <Reason of={{ reason: detail, ...(why && { why }) }} />
            </p>
            <p class="setback-devices">
              {some.join(', ')}
              {devices > some.length && ` ${words.failing.more(integer(devices - some.length))}`}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
