import { computed, signal } from '@preact/signals';
import type { Region, RegionCode } from '@tashika/shared/regions';
import { levelOf } from '../model/scale.ts';
import { format, language, text } from '../page/preferences.ts';
import {
  mapScale,
  selectedCode,
  selectRegion,
  shownCounts,
  shownEnd,
  shownIsKnown,
  shownStateOf,
} from '../page/selection.ts';
import { narrowTileName, tileName } from '../text/places.ts';

/** The tile that the Tab key stops at: the one focused last, else the chosen one. */
const focusedCode = signal<RegionCode | null>(null);
const tabStop = computed(() => focusedCode.value ?? selectedCode.value);

/** State by mark and outline as well as colour: `12+` so far, `12*` revised, `—` no reading. */
const MARK = { provisional: '+', final: '', revised: '*' };

export function Tile({ region }: { readonly region: Region }) {
  const { code } = region;
  const count = shownCounts.value.get(code);
  const state = shownStateOf(count);
  const isKnown = shownIsKnown.value && shownEnd.value !== null;
  const readings = count?.readings ?? 0;
  const words = text.value;
  const name = tileName(region, language.value);
  const number = format.value.integer(readings);
  const mark = count ? MARK[state] : '';
  const write = (short: (value: number) => string) => (isKnown && count ? short(readings) : '—');
  const wide = write(format.value.short);
  const narrow = write(format.value.shortest) + mark;
  // A name has to hold what is seen, and tells the exact count beside it.
  const spoken = wide === number || wide === '—' ? number : `${wide} (${number})`;
  return (
    <button
      type="button"
      class="tile"
      style={{ gridColumn: region.column + 1, gridRow: region.row + 1 }}
      data-testid={`tile-${code}`}
      data-region={code}
      data-readings={readings}
      data-state={count || state === 'provisional' ? state : 'none'}
      data-level={isKnown ? levelOf(readings, mapScale.value) : 0}
      aria-pressed={selectedCode.value === code}
      aria-label={
        count ? words.map.tile(name, spoken, words.state[state]) : words.map.tileNone(name, words.state[state])
      }
      tabIndex={tabStop.value === code ? 0 : -1}
      onFocus={() => {
        focusedCode.value = code;
      }}
      onClick={() => selectRegion(code)}
    >
      <span class="name" data-narrow={narrowTileName(region, language.value)}>
        <span>{name}</span>
      </span>{' '}
      <span
        class="count"
        data-length={wide.length + mark.length}
        data-narrow={narrow}
        data-narrow-length={placesOf(narrow)}
      >
        <span>
          {wide}
          {mark}
        </span>
      </span>
    </button>
  );
}

/** How much room a text takes, in digits: a character of Japanese takes that of two. */
function placesOf(text: string): number {
  return [...text].reduce((places, character) => places + (character >= '\u3000' ? 2 : 1), 0);
}
