import { formatAddress } from '../../model/address.ts';
import type { RolloutSummary } from '../../model/fleet-contract.ts';
import { chosenRollout, rolloutList } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { CommandLine } from './command-line.tsx';
import { SegmentBar } from './segments.tsx';
import { StateBadge } from './state-word.tsx';
import { timeOf } from './times.ts';

/** All rollouts, the newest first; each a link, so that one of them can be sent to a colleague. */
export function RolloutList() {
  const words = text.value.fleet.rollouts;
  const rollouts = rolloutList.value ?? [];
  return (
    <section class="panel rollouts" aria-labelledby="rollouts-title" data-testid="rollouts">
      <h2 id="rollouts-title">{words.label}</h2>
      {rollouts.length === 0 && (
        <div class="nothing" data-testid="no-rollouts">
          <p>
            <b>{words.none}</b>
          </p>
          <p>{words.noneNote}</p>
          <CommandLine>tashika fleet import DIR</CommandLine>
          <CommandLine>tashika fleet rollout plan FILE</CommandLine>
        </div>
      )}
      {rollouts.length > 0 && (
        <ul class="rollout-links">
          {rollouts.map((rollout) => (
            <li key={rollout.id}>
              <RolloutLink rollout={rollout} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function RolloutLink({ rollout }: { readonly rollout: RolloutSummary }) {
  const { id, image, state, wave, wavesTotal, since, byState } = rollout;
  const words = text.value.fleet;
  const { integer } = format.value;
  return (
    <a
      href={formatAddress({ page: 'fleet', rollout: id })}
      aria-current={chosenRollout.value === id ? 'true' : undefined}
      data-testid={`rollout-${id}`}
      data-state={state}
    >
      <span class="rollout-name">
        <b>{id}</b> <StateBadge state={state} />
      </span>
      <span class="rollout-note">
        {image} ·{' '}
        {wave === 0
          ? words.rollouts.notStarted(integer(wavesTotal))
          : words.rollouts.waveOf(integer(wave), integer(wavesTotal))}{' '}
        · <time dateTime={since}>{timeOf(since)}</time>
      </span>
      <SegmentBar byState={byState} />
      <span class="rollout-note">{words.rollouts.touched(integer(rollout.touched), integer(rollout.devices))}</span>
    </a>
  );
}
