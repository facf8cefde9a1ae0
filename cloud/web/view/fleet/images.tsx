import { formatAddress } from '../../model/address.ts';
import type { FleetImage } from '../../model/fleet-contract.ts';
import { imageList } from '../../page/fleet.ts';
import { format, text } from '../../page/preferences.ts';
import { CommandLine } from './command-line.tsx';
import { nameOfSignal } from './signal-name.ts';
import { timeOf } from './times.ts';

/** Every image: what is known of it, and whether it may be given out. */
export function Images() {
  const words = text.value.fleet.images;
  const { value, error } = imageList.value;
  return (
    <section class="panel image-list" aria-labelledby="images-title" data-testid="images">
      <div class="panel-head">
        <h2 id="images-title">{words.label}</h2>
      </div>
      {error !== null && <p class="inline-error">{words.failed(error)}</p>}
      {value?.length === 0 && (
        <div class="nothing" data-testid="no-images">
          <p>
            <b>{words.none}</b>
          </p>
          <p>{words.noneNote}</p>
          <CommandLine>tashika fleet import DIR</CommandLine>
        </div>
      )}
      {value && value.length > 0 && <ImageTable images={value} />}
    </section>
  );
}

const COLUMNS = ['image', 'channels', 'devices', 'scan', 'boards', 'size', 'signer', 'imported'] as const;

function ImageTable({ images }: { readonly images: readonly FleetImage[] }) {
  const words = text.value.fleet.images;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by the keyboard.
    <section class="scroll" tabIndex={0} aria-label={text.value.tableOf(words.label)}>
      <table class="cards images">
        <thead>
          <tr>
            {COLUMNS.map((column) => (
              <th key={column} scope="col" class={column === 'devices' || column === 'size' ? 'number' : undefined}>
                {words.columns[column]}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {images.map((image) => (
            <ImageRow key={image.image} image={image} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function ImageRow({ image }: { readonly image: FleetImage }) {
  const words = text.value.fleet.images;
  const { integer, bytes } = format.value;
  const { record, channels, devices, importedAt, importedBy, revokedAt, halts } = image;
  return (
    <tr
      data-testid={`image-${image.image}`}
      data-revoked={String(revokedAt !== null)}
      data-halted={String(halts.length > 0)}
    >
      <th scope="row">
        {image.image}
        <Troubles image={image} />
        <Descent image={image} />
      </th>
      <td data-label={words.columns.channels}>
        {channels.length === 0
          ? words.noChannel
          : channels.map((channel) => (
              <span key={channel} class="badge channel">
                {channel}
              </span>
            ))}
      </td>
      <td class="number" data-label={words.columns.devices}>
        {integer(devices)}
      </td>
      <td data-label={words.columns.scan}>
        <Scan scan={record.scan} />
      </td>
      <td data-label={words.columns.boards}>{record.boards.join(', ')}</td>
      <td class="number" data-label={words.columns.size}>
        {bytes(record.bundle.bytes)}
      </td>
      <td data-label={words.columns.signer}>
        {record.bundle.signer}
        <small>{record.approvedBy === null ? words.notApproved : words.approved(record.approvedBy)}</small>
      </td>
      <td data-label={words.columns.imported}>
        {timeOf(importedAt)}
        <small>{words.by(importedBy)}</small>
      </td>
    </tr>
  );
}

/** What it was built on, and what is it by another name. */
function Descent({ image: { record, missingParent, sameBytes } }: { readonly image: FleetImage }) {
  const words = text.value.fleet.images;
  return (
    <>
      {record.parent && (
        <small data-missing-parent={missingParent ?? undefined}>
          {words.parent(`${record.parent.kind}/${record.parent.version}`)}
          {missingParent !== null && (
            <>
              {' '}
              <span class="badge warn">{words.missingParent}</span> {words.missingParentNote}
            </>
          )}
        </small>
      )}
      {sameBytes.length > 0 && (
        <small data-same-bytes={sameBytes.join(' ')}>{words.sameBytes(sameBytes.join(', '))}</small>
      )}
    </>
  );
}

/** What speaks against it: that it was revoked, and the rollouts of it that were halted. */
function Troubles({ image: { revokedAt, revokedReason, halts } }: { readonly image: FleetImage }) {
  const words = text.value.fleet.images;
  return (
    <>
      {revokedAt !== null && (
        <small class="revoked">
          <span class="badge bad">{words.revoked}</span> {timeOf(revokedAt)}: {revokedReason}
        </small>
      )}
      {halts.map(({ rollout, at, signal }) => (
        <small key={rollout} data-halted-in={rollout}>
          <span class="badge bad">{words.halted}</span>{' '}
          <a href={formatAddress({ page: 'fleet', rollout })}>{rollout}</a>
          {at !== null && `, ${timeOf(at)}`}: {signal === null ? words.haltedByRevocation : nameOfSignal(signal)}
        </small>
      ))}
    </>
  );
}

/** What was not scanned never looks like what is clean: it has a badge of its own, and the reason. */
function Scan({ scan }: { readonly scan: FleetImage['record']['scan'] }) {
  const words = text.value.fleet.images;
  if (scan.status === 'not scanned')
    return (
      <span data-scan="not-scanned">
        <span class="badge warn">{words.notScanned}</span>
        <small lang="en">{scan.reason}</small>
      </span>
    );
  const { found, gate, scanner, advisoriesOf } = scan;
  const scores = found.map(({ cvss }) => cvss).filter((each) => each !== null);
  const unscored = found.length - scores.length;
  const note = <small>{words.scannedBy(scanner, timeOf(advisoriesOf))}</small>;
  if (found.length === 0)
    return (
      <span data-scan="nothing-known">
        <span class="badge good">{words.nothingKnown}</span>
        {note}
      </span>
    );
  return (
    <span data-scan="found">
      <span class={gate.passed ? 'badge still' : 'badge bad'}>
        {words.found(format.value.integer(found.length))},{' '}
        {scores.length > 0 ? words.worst(format.value.measured(Math.max(...scores), 2)) : words.noScore}
        {scores.length > 0 && unscored > 0 && `, ${words.unscored(format.value.integer(unscored))}`}
        {!gate.passed && `, ${words.gateFailed}`}
      </span>
      {note}
    </span>
  );
}
