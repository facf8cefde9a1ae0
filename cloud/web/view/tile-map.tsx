import { REGIONS, type RegionCode, regionOf } from '@tashika/shared/regions';
import { directionOf, neighbour } from '../model/grid.ts';
import { MINUTE } from '../model/minute.ts';
import { hasData } from '../page/live-feed.ts';
import { format, text } from '../page/preferences.ts';
import { shownEnd, shownIsKnown, shownMinute, shownTotal } from '../page/selection.ts';
import { Choice } from './choice.tsx';
import { MapLegend } from './map-legend.tsx';
import { Tile } from './tile.tsx';

export function TileMap() {
  const words = text.value.map;
  return (
    <section class="panel map" aria-labelledby="map-title">
      <div class="panel-head">
        <h2 id="map-title">{words.label}</h2>
        <Choice
          label={words.label}
          name="minute"
          value={shownMinute.value}
          options={[
            { value: 'open', text: words.open },
            { value: 'final', text: words.final },
          ]}
          onChoose={(choice) => {
            shownMinute.value = choice;
          }}
        />
      </div>
      <div class="map-body">
        <ShownMinute />
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset is for form fields; these are 47 ways to choose a region. */}
        <div class="tiles" role="group" aria-label={`${words.label}. ${words.keys}`} onKeyDown={moveFocus}>
          {REGIONS.map((region) => (
            <Tile key={region.code} region={region} />
          ))}
        </div>
        <MapLegend />
      </div>
    </section>
  );
}

/** Which minute the map shows, what state it is in, and how much it counts. */
function ShownMinute() {
  const words = text.value.map;
  const end = shownEnd.value;
  if (!hasData.value || end === null) return <div class="shown-minute">{hasData.value && <p>{words.noFinal}</p>}</div>;
  const isOpen = shownMinute.value === 'open';
  return (
    <div class="shown-minute" data-testid="shown-minute" data-window-end={new Date(end).toISOString()}>
      <p class="span">{words.upTo(format.value.minute(end - MINUTE), format.value.minute(end))}</p>
      <p class={isOpen ? 'mark provisional' : 'mark'}>{isOpen ? words.provisionalNote : words.finalNote}</p>
      <p class="total">
        <strong data-testid="map-total">{shownIsKnown.value ? format.value.integer(shownTotal.value) : '…'}</strong>{' '}
        {shownIsKnown.value ? words.total : words.loading}
      </p>
    </div>
  );
}

// One stop for the Tab key; the arrow keys go from tile to tile.
function moveFocus(event: KeyboardEvent): void {
  const direction = directionOf(event.key);
  const tile = (event.target as HTMLElement).closest<HTMLElement>('[data-region]');
  if (!direction || !tile || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const to = neighbour(REGIONS, regionOf(tile.dataset.region as RegionCode), direction);
  document.querySelector<HTMLElement>(`[data-region="${to.code}"]`)?.focus();
}
