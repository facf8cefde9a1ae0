import type { Rollout, RolloutWave } from '../../model/fleet-contract.ts';
import { serverTime } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { SegmentBar, SegmentCounts } from './segments.tsx';
import { timeOf } from './times.ts';

/** Each wave with a bar of its own whole, for the last one has a hundred times the devices of the first. */
export function Waves({ rollout }: { readonly rollout: Rollout }) {
  const words = text.value.fleet.waves;
  return (
    <section class="waves" aria-labelledby="waves-title">
      <h3 id="waves-title">{words.label}</h3>
      <ol>
        {rollout.waves.map((wave) => (
          <Wave key={wave.wave} wave={wave} of={rollout.devices} isCurrent={wave.wave === rollout.wave} />
        ))}
      </ol>
    </section>
  );
}

function Wave(props: { readonly wave: RolloutWave; readonly of: number; readonly isCurrent: boolean }) {
  const { wave, state, devices, cumulative, byState, soakUntil } = props.wave;
  const words = text.value.fleet;
  const { integer, share } = format.value;
  return (
    <li
      class="wave"
      data-testid={`wave-${wave}`}
      data-state={state}
      data-devices={devices}
      aria-current={props.isCurrent ? 'step' : undefined}
    >
      <p class="wave-name">
        <b>{words.waves.wave(integer(wave))}</b> <span>{words.count(integer(devices))}</span>
      </p>
      <p class="wave-state">
        <span class="wave-word" data-state={state}>
          {words.waves.states[state]}
        </span>{' '}
        {soakUntil !== null && state === 'soaking' && <Soak until={soakUntil} />}
      </p>
      <p class="wave-all">{words.waves.all(integer(cumulative), share(cumulative / Math.max(1, props.of)))}</p>
      <SegmentBar byState={byState} />
      <SegmentCounts byState={byState} />
    </li>
  );
}

function Soak({ until }: { readonly until: string }) {
  const words = text.value.fleet.waves;
  if (serverTime.value === null) return <span>{words.soakUntil(timeOf(until))}</span>;
  const left = Date.parse(until) - serverTime.value;
  return <span>{left > 0 ? words.soakFor(format.value.counter(left)) : words.soakOver}</span>;
}
