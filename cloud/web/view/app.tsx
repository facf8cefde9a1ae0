import { shownPage } from '../page/address.ts';
import { hasData, isStale } from '../page/live-feed.ts';
import { text } from '../page/preferences.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Devices } from './devices.tsx';
import { Figures } from './figures.tsx';
import { FleetPage } from './fleet/fleet-page.tsx';
import { Header } from './header.tsx';
import { Notices } from './notices.tsx';
import { RegionPanel } from './region-panel.tsx';
import { TileMap } from './tile-map.tsx';

/** The header, and below it the page that the address asks for. */
export function App() {
  const isFleet = shownPage.value === 'fleet';
  return (
    <>
      <button type="button" class="skip" onClick={isFleet ? focusRollout : focusMap}>
        {isFleet ? text.value.fleet.skip : text.value.skip}
      </button>
      <Header />
      <main>{isFleet ? <FleetPage /> : <CountsPage />}</main>
    </>
  );
}

/** What is counted. Everything inside `data` greys together when the feed falls silent. */
function CountsPage() {
  return (
    <>
      <div class="notices">
        <Notices />
      </div>
      <div class="data" data-testid="data" data-stale={String(isStale.value)} data-ready={String(hasData.value)}>
        <Figures />
        <div class="columns">
          <TileMap />
          <RegionPanel />
        </div>
        <div class="lists">
          <Devices />
          <DeadLetters />
        </div>
      </div>
    </>
  );
}

// A link would put its target into the address, which holds the chosen region.
function focusMap(): void {
  document.querySelector<HTMLElement>('.tile[tabindex="0"]')?.focus();
}

function focusRollout(): void {
  document.querySelector<HTMLElement>('#rollout-title')?.focus();
}
