import { format, text } from '../page/preferences.ts';
import { mapScale } from '../page/selection.ts';

const STEPS = [1, 2, 3, 4, 5] as const;

export function MapLegend() {
  const words = text.value.map;
  const top = mapScale.top.value;
  return (
    <div class="legend">
      <p>{words.legend}</p>
      <ul class="steps">
        {STEPS.map((step) => (
          <li key={step}>
            <span class="swatch" data-level={step} aria-hidden="true" />
            <span>
              {step === 1 ? '1' : format.value.integer(Math.floor((top * (step - 1)) / 5) + 1)}–
              {format.value.integer((top * step) / 5)}
            </span>
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
