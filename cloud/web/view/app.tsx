import { hasData, isStale } from '../page/live-feed.ts';
import { text } from '../page/preferences.ts';
import { DeadLetters } from './dead-letters.tsx';
import { Devices } from './devices.tsx';
import { Figures } from './figures.tsx';
import { Header } from './header.tsx';
import { Notices } from './notices.tsx';
import { RegionPanel } from './region-panel.tsx';
import { TileMap } from './tile-map.tsx';

/** The whole page. Everything inside `data` greys together when the feed falls silent. */
export function App() {
  return (
    <>
      <button type="button" class="skip" onClick={focusMap}>
        {text.value.skip}
      </button>
      <Header />
      <main>
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
      </main>
    </>
  );
}

// A link would put its target into the address, which holds the chosen region.
function focusMap(): void {
  document.querySelector<HTMLElement>('.tile[tabindex="0"]')?.focus();
}
