import type { Rollout } from '../../model/fleet-contract.ts';
import { devicesIn, toneOf } from '../../model/rollout.ts';
import { chosenRollout, shownRollout } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { CommandLine } from './command-line.tsx';
import { Failing } from './failing.tsx';
import { Reason } from './reason.tsx';
import { Setbacks } from './setbacks.tsx';
import { StateSign } from './state-word.tsx';
import { sinceOf, timeOf } from './times.ts';
import { Waves } from './waves.tsx';

/** The chosen rollout: its state in big words, what halted it, and its waves. */
export function RolloutPanel() {
  const words = text.value.fleet;
  const rollout = shownRollout.value;
  const id = chosenRollout.value;
  if (id === null) return null;
  return (
    <section class="panel rollout" aria-labelledby="rollout-title" data-testid="rollout" data-rollout={id}>
      <div class="panel-head">
        <h2 id="rollout-title" tabIndex={-1}>
          {id}
        </h2>
        {rollout !== null && rollout !== 'missing' && <p class="rollout-image">{rollout.image}</p>}
      </div>
      {rollout === 'missing' && <p class="empty">{words.rollouts.missing(id)}</p>}
      {rollout === null && <p class="loading">{words.waiting}</p>}
      {rollout !== null && rollout !== 'missing' && <Standing rollout={rollout} />}
    </section>
  );
}

function Standing({ rollout }: { readonly rollout: Rollout }) {
  const words = text.value.fleet;
  const { state, since, reason, failing } = rollout;
  return (
    <>
      <div class="rollout-state" data-tone={toneOf(state)} data-testid="rollout-state" data-state={state}>
        <p class="state-word" role="status">
          <StateSign state={state} />
          <strong>{words.states[state]}</strong>
        </p>
        <p class="state-since">{sinceOf(since)}</p>
        {reason !== null && (
          <p class="state-reason" data-testid="rollout-reason">
            <Reason of={{ ...rollout, reason }} />
          </p>
        )}
        <NextStep rollout={rollout} />
      </div>
      {(failing.signal !== null || failing.devices.length > 0) && (
        <Failing failing={failing} signals={rollout.signals} />
      )}
      <Figures rollout={rollout} />
      <Waves rollout={rollout} />
      <Setbacks setbacks={rollout.setbacks} />
      <Story rollout={rollout} />
    </>
  );
}

/** The command that a person would type now, where it waits for one. */
function NextStep({ rollout: { id, state, pausedBy } }: { readonly rollout: Rollout }) {
  // What the gate has paused goes on by itself, and nobody can resume it.
  if (pausedBy === 'gate') return <p class="state-next">{text.value.fleet.goesOnByItself}</p>;
  const actions: Partial<Record<Rollout['state'], string>> = {
    draft: 'start',
    'awaiting-approval': 'approve',
    running: 'pause',
    paused: 'resume',
  };
  const action = actions[state];
  if (action === undefined) return null;
  return (
    <p class="state-next">
      {state === 'running' ? null : <span>{text.value.fleet.next}</span>}
      <CommandLine>{`tashika fleet rollout ${action} ${id}`}</CommandLine>
    </p>
  );
}

function Figures({ rollout }: { readonly rollout: Rollout }) {
  const words = text.value.fleet.rollout;
  const { integer } = format.value;
  const { byState, touched, devices, wave, wavesTotal } = rollout;
  const failed = devicesIn(byState, 'failed');
  return (
    <dl class="figures rollout-figures">
      <Figure name="wave" label={words.wave} value={wave} note={words.waveNote(integer(wavesTotal))} />
      <Figure name="touched" label={words.touched} value={touched} note={words.touchedNote(integer(devices))} />
      <Figure
        name="under-way"
        label={words.underWay}
        value={devicesIn(byState, 'underWay')}
        note={words.underWayNote}
      />
      <Figure
        name="updated"
        label={words.updated}
        value={devicesIn(byState, 'updated', 'kept')}
        note={words.updatedNote}
      />
      <Figure name="failed" label={words.failed} value={failed} note={words.failedNote} isAlert={failed > 0} />
      <Figure
        name="rolled-back"
        label={words.rolledBack}
        value={byState['rolled-back'] ?? 0}
        note={words.rolledBackNote(integer(byState.leaving ?? 0))}
      />
    </dl>
  );
}

function Figure(props: {
  readonly name: string;
  readonly label: string;
  readonly value: number;
  readonly note: string;
  readonly isAlert?: boolean;
}) {
  return (
    <div class={props.isAlert ? 'figure alert' : 'figure'}>
      <dt>{props.label}</dt>
      <dd class="value" data-testid={`fleet-${props.name}`} data-value={props.value}>
        {format.value.integer(props.value)}
      </dd>
      <dd class="note">{props.note}</dd>
    </div>
  );
}

/** Who planned it and how it goes about. */
function Story({ rollout }: { readonly rollout: Rollout }) {
  const words = text.value.fleet.rollout;
  const { plan, createdAt, createdBy, approvedBy, startedAt, endedAt } = rollout;
  const { maintenanceWindow, soakMinutes, mostInParallel } = plan;
  const told = [
    words.planned(timeOf(createdAt), createdBy),
    approvedBy !== null && words.approved(approvedBy),
    startedAt !== null && words.started(timeOf(startedAt)),
    endedAt !== null && words.ended(timeOf(endedAt)),
    soakMinutes !== undefined && words.soak(format.value.counter(soakMinutes * 60_000)),
    mostInParallel !== undefined && words.parallel(format.value.integer(mostInParallel)),
    maintenanceWindow && words.window(maintenanceWindow.from, maintenanceWindow.to),
  ].filter((each) => typeof each === 'string');
  return (
    <ul class="story">
      {told.map((each) => (
        <li key={each}>{each}</li>
      ))}
    </ul>
  );
}
