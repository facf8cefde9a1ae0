import { format, text } from '../page/preferences.ts';
import { completenessError, regionCompleteness } from '../page/region-facts.ts';

/** How much of what the region's devices took has been counted, and where the rest is. */
export function RegionCompleteness() {
  const words = text.value.completeness;
  const { integer, completeness } = format.value;
  const figures = regionCompleteness.value;
  return (
    <>
      {completenessError.value !== null && <p class="inline-error">{words.failed(completenessError.value)}</p>}
      {figures && (
        <dl
          class="completeness"
          aria-label={words.label}
          data-testid="completeness"
          data-completeness={figures.completeness}
        >
          <Fact name="complete" label={words.complete} owed={figures.completeness < 1}>
            {figures.devices === 0 ? '—' : completeness(figures.completeness)}
          </Fact>
          <Fact name="received" label={words.received}>
            {integer(figures.received)}
          </Fact>
          {(['missing', 'held', 'lost'] as const).map((name) => (
            <Fact key={name} name={name} label={words[name]} owed={figures[name] > 0}>
              {integer(figures[name])}
            </Fact>
          ))}
          <Fact name="devices" label={words.devices}>
            {integer(figures.devices)}
          </Fact>
        </dl>
      )}
    </>
  );
}

function Fact(props: {
  readonly name: string;
  readonly label: string;
  readonly owed?: boolean;
  readonly children: string;
}) {
  return (
    <div>
      <dt>{props.label}</dt>
      <dd class={props.owed ? 'owed' : undefined} data-testid={`completeness-${props.name}`}>
        {props.children}
      </dd>
    </div>
  );
}
