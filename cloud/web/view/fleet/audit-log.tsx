import type { AuditEntry } from '../../model/fleet-contract.ts';
import { auditLog, wantMoreEntries } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { Reason } from './reason.tsx';

/** Every step of the shown rollout and why, the newest first. */
export function AuditLog() {
  const words = text.value.fleet.audit;
  const { value, error } = auditLog.value;
  const entries = value?.entries ?? [];
  return (
    <section class="panel audit" aria-labelledby="audit-title" data-testid="audit">
      <div class="panel-head">
        <h2 id="audit-title">{words.label}</h2>
        <p class="head-note">{words.note}</p>
      </div>
      {error !== null && <p class="inline-error">{words.failed(error)}</p>}
      {value && entries.length === 0 && <p class="empty">{words.none}</p>}
      {entries.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
        <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.label)}>
          <table class="cards audit-entries">
            <thead>
              <tr>
                <th scope="col">{words.columns.at}</th>
                <th scope="col">{words.columns.event}</th>
                <th scope="col">{words.columns.reason}</th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Entry key={entry.id} entry={entry} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {value && !value.complete && (
        <p class="foot">
          <button type="button" class="plain" onClick={wantMoreEntries}>
            {words.more}
          </button>
        </p>
      )}
    </section>
  );
}

function Entry({ entry }: { readonly entry: AuditEntry }) {
  const words = text.value.fleet.audit;
  const { id, at, actor, subject, event, from, to } = entry;
  const device = subject.startsWith('device:') ? subject.slice('device:'.length) : null;
  return (
    <tr data-testid={`audit-${id}`}>
      <td>
        {format.value.dateTime(Date.parse(at))}
        <small>{actorOf(actor)}</small>
      </td>
      <td>
        {words.events[event] ?? stateOf(event)}
        {device !== null && <small>{words.actors.device(device)}</small>}
        {from !== null && to !== null && <small>{words.change(stateOf(from), stateOf(to))}</small>}
      </td>
      <td class="reason">
        <Reason of={entry} />
      </td>
    </tr>
  );
}

function actorOf(actor: string): string {
  const { actors } = text.value.fleet.audit;
  if (actor === 'gate' || actor === 'rollout' || actor === 'ddi' || actor === 'retention') return actors[actor];
  return actor.startsWith('device:') ? actors.device(actor.slice('device:'.length)) : actor;
}

/** Of a rollout, a device or an action: each is told by its word. */
function stateOf(state: string): string {
  const { states, deviceStates, audit } = text.value.fleet;
  return (
    (states as Readonly<Record<string, string>>)[state] ?? deviceStates[state] ?? audit.actionStates[state] ?? state
  );
}
