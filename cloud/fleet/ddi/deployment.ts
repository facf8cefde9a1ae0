import type { Timestamp } from '@tashika/shared/time';
import type { Action } from './action.ts';
import { isOpen } from './maintenance.ts';

/** hawkBit's names for what a part of a deployment is. */
const PARTS = { agent: 'bApp', system: 'os' } as const;

/** `deploymentBase` of the DDI protocol, with one chunk that has one artifact. */
export interface Deployment {
  readonly id: string;
  readonly deployment: {
    readonly download: Handling;
    readonly update: Handling;
    readonly maintenanceWindow?: 'available' | 'unavailable';
    readonly chunks: Chunk[];
  };
}

type Handling = 'forced' | 'attempt' | 'skip';

interface Chunk {
  readonly part: string;
  readonly version: string;
  readonly name: string;
  readonly artifacts: {
    readonly filename: string;
    readonly size: number;
    readonly hashes: { readonly sha1: string; readonly md5: string; readonly sha256: string };
    readonly _links: Readonly<Record<string, { readonly href: string }>>;
  }[];
}

/**
 * What a device is to install. An update is `attempt`ed, so that the updater may give way to what else the device does; a
 * rollback is `forced`. Outside its maintenance window a device downloads and installs nothing (`update: skip`), as
 * hawkBit tells it.
 *
 * @param base address of the device's resources, without a slash at its end
 */
export function deploymentOf(action: Action, ownTimeZone: string, base: string, now: Timestamp): Deployment {
  const { id, purpose, maintenance, record } = action;
  const { filename, bytes, sha1, md5, sha256 } = record.bundle;
  const wanted = purpose === 'rollback' ? 'forced' : 'attempt';
  const available = !maintenance || isOpen(maintenance, ownTimeZone, now);
  const href = `${base}/deploymentBase/${id}/artifacts/${encodeURIComponent(filename)}`;
  return {
    id: String(id),
    deployment: {
      download: wanted,
      update: available ? wanted : 'skip',
      ...(maintenance && { maintenanceWindow: available ? ('available' as const) : ('unavailable' as const) }),
      chunks: [
        {
          part: PARTS[record.kind],
          version: record.version,
          name: record.kind,
          artifacts: [
            {
              filename,
              size: bytes,
              hashes: { sha1, md5, sha256 },
              // A client that finds `download` alone takes it for https.
              _links: { [href.startsWith('https:') ? 'download' : 'download-http']: { href } },
            },
          ],
        },
      ],
    },
  };
}
