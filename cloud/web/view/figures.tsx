import type { ComponentChildren } from 'preact';
import { live, watermarkState } from '../page/live-feed.ts';
import { format, text } from '../page/preferences.ts';

const UNKNOWN = '—';

export function Figures() {
  const { figures, watermark } = live.value;
  const words = text.value.figures;
  const { integer, rate, duration, clock } = format.value;
  const whole = (value: number | undefined) => (value === undefined ? UNKNOWN : integer(value));
  const delay = figures?.watermarkDelayMs ?? null;
  return (
    <section aria-label={words.label}>
      <dl class="figures">
        <Figure
          name="events-per-second"
          label={words.eventsPerSecond}
          value={figures?.eventsPerSecond}
          note={figures && words.readingsPerSecond(rate(figures.readingsPerSecond))}
        >
          {figures ? rate(figures.eventsPerSecond) : UNKNOWN}
        </Figure>
        <Figure
          name="watermark-delay"
          label={words.watermarkDelay}
          value={delay}
          alert={figures !== null && watermarkState.value !== 'current'}
          note={watermark === null ? words.noWatermark : words.watermarkAt(clock(watermark))}
        >
          {delay === null ? UNKNOWN : duration(delay)}
        </Figure>
        <Figure name="late" label={words.late} value={figures?.late} note={words.lateNote}>
          {whole(figures?.late)}
        </Figure>
        <Figure
          name="dead-letters"
          label={words.deadLetters}
          value={figures?.deadLetters}
          alert={(figures?.deadLetters ?? 0) > 0}
          note={words.deadLettersNote}
        >
          {whole(figures?.deadLetters)}
        </Figure>
        <Figure
          name="devices-reporting"
          label={words.devicesReporting}
          value={figures?.devicesReporting}
          note={figures && words.duplicates(integer(figures.duplicates))}
        >
          {whole(figures?.devicesReporting)}
        </Figure>
        <Figure
          name="devices-silent"
          label={words.devicesSilent}
          value={figures?.devicesSilent}
          alert={(figures?.devicesSilent ?? 0) > 0}
          note={words.devicesSilentNote}
        >
          {whole(figures?.devicesSilent)}
        </Figure>
      </dl>
    </section>
  );
}

/** `value` is what a test or a script reads: the raw number. */
function Figure(props: {
  readonly name: string;
  readonly label: string;
  readonly value: number | null | undefined;
  readonly note: string | null;
  readonly alert?: boolean;
  readonly children: ComponentChildren;
}) {
  return (
    <div class={props.alert ? 'figure alert' : 'figure'}>
      <dt>{props.label}</dt>
      <dd class="value" data-testid={`figure-${props.name}`} data-value={props.value ?? ''}>
        {props.children}
      </dd>
      <dd class="note">{props.note}</dd>
    </div>
  );
}
