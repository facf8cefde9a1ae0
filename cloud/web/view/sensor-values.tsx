import type { SensorValue } from '../model/contract.ts';
import { format, text } from '../page/preferences.ts';
import { sensorValues } from '../page/region-facts.ts';
import { writtenAmount } from '../text/units.ts';

/** What percentiles are worth: they are within 1%. */
const PERCENTILE_DIGITS = 3;
const MEASURED_DIGITS = 6;

const COLUMNS = ['median', 'high', 'least', 'greatest', 'readings'] as const;
type Column = (typeof COLUMNS)[number];

interface Cell {
  readonly text: string;
  /** The value as SenML has it, with its unit. */
  readonly title?: string;
}

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
        <table class="cards">
          <thead>
            <tr>
              <th scope="col">{words.columns.sensor}</th>
              {COLUMNS.map((column) => (
                <th key={column} scope="col" class="number">
                  {words.columns[column]}
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
  const words = text.value.values;
  const { measured, integer } = format.value;
  const { count, min, max, percentiles } = value;
  const amount = (each: number, digits: number): Cell => {
    const written = writtenAmount(each, value.unit);
    return {
      text: `${measured(written.value, digits)} ${written.unit}`.trimEnd(),
      title: `${each} ${value.unit}`.trimEnd(),
    };
  };
  const cells: Readonly<Record<Column, Cell>> = {
    median: percentiles ? amount(percentiles.p50, PERCENTILE_DIGITS) : { text: words.unknown },
    high: percentiles ? amount(percentiles.p95, PERCENTILE_DIGITS) : { text: words.unknown },
    least: amount(min, MEASURED_DIGITS),
    greatest: amount(max, MEASURED_DIGITS),
    readings: { text: integer(count) },
  };
  return (
    <tr data-testid={`sensor-${value.sensor}`} data-unit={value.unit}>
      <th scope="row">{value.sensor}</th>
      {COLUMNS.map((column) => (
        <td key={column} class="number" data-label={words.columns[column]} title={cells[column].title}>
          {cells[column].text}
        </td>
      ))}
    </tr>
  );
}
