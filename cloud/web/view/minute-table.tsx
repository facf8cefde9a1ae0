import { useSignal } from '@preact/signals';
import { format, text } from '../page/preferences.ts';
import { regionMinutes } from '../page/selection.ts';

/** The chart's numbers, newest first. Filled only while open: 120 rows change often. */
export function MinuteTable() {
  const isOpen = useSignal(false);
  return (
    <details
      class="minute-table"
      onToggle={(event) => {
        isOpen.value = event.currentTarget.open;
      }}
    >
      <summary>{text.value.region.table}</summary>
      {isOpen.value && <Rows />}
    </details>
  );
}

function Rows() {
  const words = text.value.region;
  const { minute, integer } = format.value;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
    <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.lastTwoHours)}>
      <table>
        <thead>
          <tr>
            <th scope="col">{words.columns.minute}</th>
            <th scope="col" class="number">
              {words.columns.readings}
            </th>
            <th scope="col" class="number">
              {words.columns.late}
            </th>
            <th scope="col">{words.columns.state}</th>
            <th scope="col" class="number">
              {words.columns.revision}
            </th>
          </tr>
        </thead>
        <tbody>
          {regionMinutes.value.toReversed().map((point) => (
            <tr key={point.end} data-state={point.state}>
              <th scope="row">{minute(point.end)}</th>
              <td class="number">{point.readings === null ? words.gap : integer(point.readings)}</td>
              <td class="number">{point.late > 0 ? integer(point.late) : ''}</td>
              <td>{text.value.state[point.state]}</td>
              <td class="number">{point.revision > 0 ? integer(point.revision) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
