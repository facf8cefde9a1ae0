import { chosenRollout, fleetAge, fleetError, fleetIsConfigured, serverTime, shownRollout } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { Conditions } from '../notices.tsx';
import { AuditLog } from './audit-log.tsx';
import { Images } from './images.tsx';
import { RolloutList } from './rollout-list.tsx';
import { RolloutPanel } from './rollout-panel.tsx';
import { Signals } from './signals.tsx';
import { Versions } from './versions.tsx';

/** What an image does to the fleet while it reaches it. It only shows: steps are taken on the command line. */
export function FleetPage() {
  return (
    <>
      <div class="notices">
        <FleetNotices />
      </div>
      <Fleet />
    </>
  );
}

/** The gate reads what is counted, so what keeps readings from being counted stands above it all here too. */
function FleetNotices() {
  const words = text.value.fleet;
  return (
    <>
      {fleetError.value !== null && (
        <p class="notice bad" role="status" data-testid="fleet-error">
          {words.failed(fleetError.value)}
        </p>
      )}
      {fleetAge.value !== null && (
        <p class="notice bad" data-testid="fleet-stale" data-age-seconds={Math.floor(fleetAge.value / 1000)}>
          {words.old(format.value.counter(fleetAge.value))}
        </p>
      )}
      <Conditions />
    </>
  );
}

function Fleet() {
  const words = text.value.fleet;
  if (fleetIsConfigured.value === null)
    return fleetError.value === null ? (
      <p class="notice" data-testid="fleet-waiting">
        {words.waiting}
      </p>
    ) : null;
  if (!fleetIsConfigured.value) return <NotConfigured />;
  return (
    <div class="data fleet" data-testid="fleet" data-stale={String(fleetAge.value !== null)}>
      <div class="fleet-top" data-empty={String(chosenRollout.value === null)}>
        <RolloutList />
        <RolloutPanel />
      </div>
      {shownRollout.value !== null && shownRollout.value !== 'missing' && (
        <>
          <Signals rollout={shownRollout.value} />
          <div class="columns">
            <Versions />
            <AuditLog />
          </div>
        </>
      )}
      {shownRollout.value === null && <Versions />}
      <Images />
      <p class="read-only">
        {words.readOnly} {serverTime.value !== null && words.times(format.value.zone(serverTime.value))}
      </p>
    </div>
  );
}

function NotConfigured() {
  const words = text.value.fleet;
  return (
    <section class="panel nothing" data-testid="fleet-not-configured">
      <h2>{words.notConfigured}</h2>
      <p>{words.notConfiguredNote}</p>
      <pre>
        <code>
          {'TASHIKA_CLOUD_FLEET_BUNDLES=folder:/var/lib/tashika/bundles\nTASHIKA_CLOUD_FLEET_KEYRING_FILE=keyring.pem'}
        </code>
      </pre>
    </section>
  );
}
