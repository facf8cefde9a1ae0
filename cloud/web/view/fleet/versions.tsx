import { REGIONS, type Region, type RegionCode, regionOf, resolveRegion } from '@tashika/shared/regions';
import { type RegionVersions, regionVersions, shareLevel, totalVersions } from '../../model/versions.ts';
import { shownRollout, versionList } from '../../page/fleet.ts';
import { format, language, text } from '../../page/preferences.ts';
import { nameOf, narrowTileName } from '../../text/places.ts';
import { timeOf } from './times.ts';

/** Which version the devices' readings tell, by region: where the shown rollout's has come to, and all of them. */
export function Versions() {
  const words = text.value.fleet.versions;
  const { value, error } = versionList.value;
  const version = shownVersion();
  const regions = value ? regionVersions(value, version) : [];
  return (
    <section
      class="panel versions"
      aria-labelledby="versions-title"
      data-testid="versions"
      data-version={version ?? ''}
    >
      <div class="panel-head">
        <h2 id="versions-title">{words.label}</h2>
        {value && <p class="head-note">{words.asOf(timeOf(value.asOf))}</p>}
      </div>
      {error !== null && <p class="inline-error">{words.failed(error)}</p>}
      {value && regions.length === 0 && <p class="empty">{words.none}</p>}
      {regions.length > 0 && (
        <>
          <Totals regions={regions} version={version} />
          {version !== null && <ShareMap regions={regions} version={version} />}
          <VersionTable regions={regions} />
        </>
      )}
    </section>
  );
}

/** Readings tell the agent's version alone, so of a system image there is no share. */
function shownVersion(): string | null {
  const rollout = shownRollout.value;
  if (rollout === null || rollout === 'missing') return null;
  const [kind, version] = rollout.image.split('/');
  return kind === 'agent' ? version! : null;
}

function Totals({
  regions,
  version,
}: {
  readonly regions: readonly RegionVersions[];
  readonly version: string | null;
}) {
  const words = text.value.fleet.versions;
  const { integer, share } = format.value;
  const total = totalVersions(regions);
  const all = total.reduce((sum, { devices }) => sum + devices, 0);
  return (
    <ul class="version-totals" aria-label={words.total}>
      {total.slice(0, 6).map((each) => (
        <li key={each.version} data-testid={`version-${each.version}`} data-devices={each.devices}>
          <b>{each.version === 'unknown' ? words.unknown : each.version}</b>
          <span class="meter" data-shown={String(each.version === version)} aria-hidden="true">
            <span style={{ width: `${(100 * each.devices) / all}%` }} />
          </span>
          <span>
            {integer(each.devices)} <small>{share(each.devices / all)}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}

function ShareMap({ regions, version }: { readonly regions: readonly RegionVersions[]; readonly version: string }) {
  const words = text.value.fleet.versions;
  const byCode = new Map(regions.map((each) => [each.region, each]));
  return (
    <div class="share-map">
      <h3>{words.having(version)}</h3>
      <ul class="share-tiles">
        {REGIONS.map((region) => (
          <ShareTile key={region.code} region={region} found={byCode.get(region.code)} />
        ))}
      </ul>
      <div class="share-legend">
        <p>{words.legend}</p>
        <ul>
          {words.legendSteps.map((step, level) => (
            <li key={step}>
              <span class="swatch" data-level={level} aria-hidden="true" />
              {step}
            </li>
          ))}
        </ul>
      </div>
    </div>
  );
}

function ShareTile({ region, found }: { readonly region: Region; readonly found: RegionVersions | undefined }) {
  const words = text.value.fleet.versions;
  const { integer } = format.value;
  const name = nameOf(region, language.value);
  const devices = found?.devices ?? 0;
  const having = found?.having ?? 0;
  const spoken = devices === 0 ? words.tileNone(name) : words.tile(name, integer(having), integer(devices));
  return (
    <li
      style={{ gridColumn: region.column + 1, gridRow: region.row + 1 }}
      data-level={devices === 0 ? undefined : shareLevel(having, devices)}
      data-testid={`share-${region.code}`}
      data-having={having}
      data-devices={devices}
      title={spoken}
    >
      <span class="unseen">{spoken}</span>
      <span class="name" aria-hidden="true">
        {narrowTileName(region, language.value)}
      </span>
      <span class="count" aria-hidden="true">
        {devices === 0 ? '—' : `${format.value.shortest(having)}/${format.value.shortest(devices)}`}
      </span>
    </li>
  );
}

function VersionTable({ regions }: { readonly regions: readonly RegionVersions[] }) {
  const words = text.value.fleet.versions;
  return (
    <details class="minute-table">
      <summary>{words.table}</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard. */}
      <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.label)}>
        <table>
          <thead>
            <tr>
              <th scope="col">{words.columns.region}</th>
              <th scope="col">{words.columns.version}</th>
              <th scope="col" class="number">
                {words.columns.devices}
              </th>
            </tr>
          </thead>
          <tbody>
            {regions.flatMap(({ region, versions }) =>
              versions.map(({ version, devices }) => (
                <tr key={`${region} ${version}`}>
                  <th scope="row">{placeOf(region)}</th>
                  <td>{version === 'unknown' ? words.unknown : version}</td>
                  <td class="number">{format.value.integer(devices)}</td>
                </tr>
              )),
            )}
          </tbody>
        </table>
      </section>
    </details>
  );
}

function placeOf(code: string): string {
  const known: RegionCode | undefined = resolveRegion(code);
  return known ? nameOf(regionOf(known), language.value) : code;
}
