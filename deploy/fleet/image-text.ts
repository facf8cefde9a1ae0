import type { FleetImage } from '@tashika/cloud/api/fleet';
import { formatImageName, type ImageRecord } from '@tashika/shared/image';
import { byteSize, count, devicesHaveIt, fields, listed, table, time } from './written.ts';

/** Images, as a person reads them on a terminal. */

export function renderImages(images: readonly FleetImage[]): string {
  const rows = table(
    [
      ['image', 'channels', 'boards', 'size', 'devices', 'scan', 'imported', ''],
      ...images.map((image) => [
        image.image,
        image.channels.join(', ') || '—',
        listed(image.record.boards, 3),
        byteSize(image.record.bundle.bytes),
        count(image.devices),
        scanOf(image.record),
        time(image.importedAt),
        remarksOn(image),
      ]),
    ],
    [3, 4],
  );
  return images.every(({ missingParent }) => missingParent === null) ? rows : `${rows}\n\n${MISSING_PARENTS}`;
}

/** What keeps an image from being rolled out like any other. */
function remarksOn({ revokedAt, halts, missingParent, sameBytes }: FleetImage): string {
  return [
    ...(revokedAt === null ? [] : [`REVOKED ${time(revokedAt)}`]),
    ...halts.map((halt) => `HALTED ${haltOf(halt)}`),
    ...(missingParent === null ? [] : [`parent ${missingParent} not in the registry`]),
    ...(sameBytes.length === 0 ? [] : [`same bytes as ${listed(sameBytes, 3)}`]),
  ].join('; ');
}

/** Of a rollout: when it was halted, and by what. */
function haltOf({ rollout, at, signal }: FleetImage['halts'][number]): string {
  return `in ${rollout}${at === null ? '' : ` ${time(at)}`}: ${signal ?? 'the image was revoked'}`;
}

const MISSING_PARENTS =
  'What is not in the registry can not be revoked, so that what was built on it would not be listed: import parents too, ' +
  'also those that devices have from an SD card.';

/** Of `system/1.0.0`, and what follows from that. */
export function missingParentOf(parent: string): string {
  return `${parent} is not in the registry: revoking will not list this one. Import it too, also where devices have it from an SD card.`;
}

export function renderImage(image: FleetImage): string {
  const { record, revokedAt, revokedReason, halts, channels, children, missingParent, importedAt, importedBy } = image;
  const { bundle, scan, parent } = record;
  return [
    image.image,
    ...(revokedAt === null ? [] : [`REVOKED at ${time(revokedAt)}: ${revokedReason ?? 'no reason was told'}`]),
    ...halts.map((halt) => `HALTED ${haltOf(halt)} (tashika fleet rollout show ${halt.rollout})`),
    fields([
      ['channels', channels.join(', ') || 'none'],
      ['boards', record.boards.join(', ')],
      ['devices', devicesHaveIt(image.devices)],
      ['bundle', `${bundle.filename}, ${byteSize(bundle.bytes)}`],
      ['SHA-256', bundle.sha256],
      ['signed by', `${bundle.signer} (${bundle.signerSha256})`],
      ['built', `${time(record.builtAt)} from ${record.commit}`],
      ['built on', builtOn(parent, missingParent)],
      ['built on it', children.join(', ')],
      ['same bytes', image.sameBytes.join(', ')],
      ['packages', count(record.packages)],
      ['scan', scanOf(record)],
      ['approved by', record.approvedBy ?? 'nobody'],
      ['imported', `${time(importedAt)} by ${importedBy}`],
    ]),
    ...(scan.status === 'scanned' && scan.found.length > 0
      ? ['', 'Known vulnerabilities:', vulnerabilities(scan.found)]
      : []),
  ].join('\n');
}

function builtOn(parent: ImageRecord['parent'], missing: string | null): string {
  if (missing !== null) return missingParentOf(missing);
  return parent ? formatImageName(parent) : 'no other image';
}

/** What a scan found, in a few words. What was not scanned never reads like what is clean. */
export function scanOf({ scan }: ImageRecord): string {
  if (scan.status === 'not scanned') return 'NOT SCANNED';
  const { found, gate } = scan;
  if (found.length === 0) return 'nothing known';
  const scores = found.flatMap(({ cvss }) => cvss ?? []);
  const most = scores.length === 0 ? [] : [`CVSS ${Math.max(...scores)} at most`];
  const unscored = found.length - scores.length;
  const rest = unscored === 0 ? [] : [`${unscored === found.length ? '' : `${count(unscored)} `}without a score`];
  return `${[`${count(found.length)} known`, ...most, ...rest].join(', ')}${gate.passed ? '' : ': GATE NOT PASSED'}`;
}

type Found = Extract<ImageRecord['scan'], { readonly status: 'scanned' }>['found'];

function vulnerabilities(found: Found): string {
  const sorted = found.toSorted((a, b) => (b.cvss ?? 10) - (a.cvss ?? 10));
  return table(
    sorted
      .slice(0, 20)
      .map(({ id, package: name, version, cvss }) => [
        `  ${id}`,
        cvss === null ? 'no score' : String(cvss),
        `${name} ${version}`,
      ])
      .concat(sorted.length > 20 ? [[`  and ${count(sorted.length - 20)} more`]] : []),
  );
}
