import type { SensorValue } from '../model/contract.ts';
import { format, text } from '../page/preferences.ts';
import { sensorValues } from '../page/region-facts.ts';
import { writtenUnit } from '../text/units.ts';

/** What percentiles are worth: they are within 1%. */
const PERCENTILE_DIGITS = 3;
const MEASURED_DIGITS = 6;

/** What each sensor of the region measured in the newest settled minute. */
export function SensorValues() {
  const words = text.value.values;
  const { value: answer, error } = sensorValues.value;
  if (error !== null) return <p class="inline-error">{words.failed(error)}</p>;
  if (!answer) return null;
  if (answer.values.length === 0) return <p class="empty">{words.none}</p>;
  const label = words.label(format.value.minute(Date.parse(answer.windowEnd)));
  return (
    <div class="sensors" data-testid="sensors" data-window-end={answer.windowEnd}>
      <h3>{label}</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard. */}
      <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(label)}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.columns.sensor}</th>
              {[
                words.columns.median,
                words.columns.high,
                words.columns.least,
                words.columns.greatest,
                words.columns.readings,
              ].map((column) => (
                <th key={column} scope="col" class="number">
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {answer.values.map((value) => (
              <Row key={`${value.sensor}\n${value.unit}`} value={value} />
            ))}
          </tbody>
        </table>
      </section>
      <p class="accuracy">{words.accuracy}</p>
    </div>
  );
}

function Row({ value }: { readonly value: SensorValue }) {
  const { measured, integer } = format.value;
  const unit = writtenUnit(value.unit);
  const withUnit = (text: string) => (unit === '' ? text : `${text} ${unit}`);
  const percentile = (at: 'p50' | 'p95') =>
    value.percentiles ? withUnit(measured(value.percentiles[at], PERCENTILE_DIGITS)) : text.value.values.unknown;
  return (
    <tr data-testid={`sensor-${value.sensor}`} data-unit={value.unit}>
      <th scope="row">{value.sensor}</th>
      <td class="number">{percentile('p50')}</td>
      <td class="number">{percentile('p95')}</td>
      <td class="number">{withUnit(measured(value.min, MEASURED_DIGITS))}</td>
      <td class="number">{withUnit(measured(value.max, MEASURED_DIGITS))}</td>
      <td class="number">{integer(value.count)}</td>
    </tr>
  );
}
