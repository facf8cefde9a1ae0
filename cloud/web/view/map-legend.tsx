import { format, text } from '../page/preferences.ts';
import { mapScale } from '../page/selection.ts';

export function MapLegend() {
  const words = text.value.map;
  const { short } = format.value;
  return (
    <div class="legend">
      <p>{words.legend}</p>
      <ul class="steps">
        {mapScale.value.map((largest, step) => (
          <li key={largest}>
            <span class="swatch" data-level={step + 1} aria-hidden="true" />
            <span>{short(largest)}</span>
          </li>
        ))}
      </ul>
      <ul class="marks">
        <li>{words.legendOpen}</li>
        <li>{words.legendRevised}</li>
        <li>{words.legendNone}</li>
      </ul>
    </div>
  );
}
