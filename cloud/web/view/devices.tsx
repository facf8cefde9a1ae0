import { regionOf } from '@tashika/shared/regions';
import type { Device } from '../model/contract.ts';
import { balanceOf, type DeviceOrder } from '../model/devices.ts';
import { deviceList, deviceOrder, deviceScope, sortedDevices, wantMoreDevices } from '../page/lists.ts';
import { now } from '../page/live-feed.ts';
import { format, language, text } from '../page/preferences.ts';
import { nameOf } from '../text/places.ts';
import { Choice } from './choice.tsx';

const ORDERS: readonly DeviceOrder[] = ['completeness', 'lastSeen', 'imsi'];

export function Devices() {
  const words = text.value.devices;
  return (
    <section class="panel" aria-labelledby="devices-title" data-testid="devices">
      <div class="panel-head">
        <h2 id="devices-title">{words.label}</h2>
        <Choice
          label={words.label}
          name="scope"
          value={deviceScope.value}
          options={[
            { value: 'region', text: words.ofRegion },
            { value: 'all', text: words.ofAll },
          ]}
          onChoose={(choice) => {
            deviceScope.value = choice;
          }}
        />
        <label class="order">
          <span class="unseen">{words.order}</span>
          <select
            value={deviceOrder.value}
            onChange={(event) => {
              deviceOrder.value = event.currentTarget.value as DeviceOrder;
            }}
          >
            {ORDERS.map((order) => (
              <option key={order} value={order}>
                {words.orders[order]}
              </option>
            ))}
          </select>
        </label>
      </div>
      <DeviceTable />
    </section>
  );
}

function DeviceTable() {
  const words = text.value.devices;
  const { value, error } = deviceList.value;
  const devices = sortedDevices.value;
  return (
    <>
      {error !== null && <p class="inline-error">{words.failed(error)}</p>}
      {value && devices.length === 0 && <p class="empty">{words.none}</p>}
      {devices.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
        <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.label)}>
          <table class="devices cards">
            <thead>
              <tr>
                <th scope="col">{words.columns.device}</th>
                {deviceScope.value === 'all' && <th scope="col">{words.columns.region}</th>}
                <th scope="col">{words.columns.lastSeen}</th>
                <th scope="col" class="number">
                  {words.columns.complete}
                </th>
                <th scope="col" class="number">
                  {words.columns.missing}
                </th>
                <th scope="col" class="number">
                  {words.columns.held}
                </th>
                <th scope="col" class="number">
                  {words.columns.lost}
                </th>
                <th scope="col">{words.columns.clock}</th>
              </tr>
            </thead>
            <tbody>
              {devices.map((device) => (
                <DeviceRow key={device.imsi} device={device} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      {value && devices.length > 0 && (
        <p class="foot">
          {words.shown(format.value.integer(devices.length))}
          {!value.complete && (
            <button type="button" class="plain" onClick={wantMoreDevices}>
              {words.more}
            </button>
          )}
        </p>
      )}
    </>
  );
}

function DeviceRow({ device }: { readonly device: Device }) {
  const words = text.value.devices;
  const { integer, duration, completeness } = format.value;
  const { missing, held, lost, unnumbered } = balanceOf([device], 0);
  const amount = (label: string, count: number) => (
    <td class={count > 0 ? 'number owed' : 'number'} data-label={label}>
      {unnumbered ? '' : integer(count)}
    </td>
  );
  return (
    <tr data-testid={`device-${device.imsi}`} data-reporting={String(device.reporting)}>
      <th scope="row">{device.imsi}</th>
      {deviceScope.value === 'all' && (
        <td data-label={words.columns.region}>{nameOf(regionOf(device.region), language.value)}</td>
      )}
      <td>
        <span class={device.reporting ? 'badge good' : 'badge warn'}>
          {device.reporting ? words.reporting : words.silent}
        </span>{' '}
        {words.ago(duration(now.value - Date.parse(device.lastSeen)))}
      </td>
      <td class="number" data-label={words.columns.complete}>
        {unnumbered ? words.unnumbered : completeness(device.completeness)}
      </td>
      {amount(words.columns.missing, missing)}
      {amount(words.columns.held, held)}
      {amount(words.columns.lost, lost)}
      <td data-label={words.columns.clock}>{words.clock[device.clock ?? ''] ?? '—'}</td>
    </tr>
  );
}
