import { refused } from './refusal.ts';
import type { VerityManifest } from './verity.ts';

/** What the registry reads of a manifest that stands in a signature. */
export interface BundleManifest {
  /** RAUC's `compatible`: the one board that the bundle says it is for. */
  readonly compatible: string | undefined;
  readonly verity: VerityManifest;
}

/**
 * Reads a RAUC manifest (an INI file as GLib has it) of the format verity.
 *
 * @throws TashikaError BUNDLE_REFUSED for another format, and where the tree is not described
 */
export function readManifest(text: string): BundleManifest {
  const values = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    const heading = /^\[([^\]]+)\]\s*$/.exec(line);
    if (heading) section = heading[1]!;
    const [, key, value] = /^([^#=\s][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) values.set(`${section}/${key}`, value!);
  }
  const format = values.get('bundle/format');
  if (format !== 'verity')
    throw refused(`its manifest is of the format ${(format ?? 'plain').slice(0, 32)}; build it as plain or verity`);
  const rootHash = values.get('bundle/verity-hash') ?? '';
  const salt = values.get('bundle/verity-salt') ?? '';
  const treeBytes = Number(values.get('bundle/verity-size'));
  const right = /^[0-9a-f]{64}$/.test(rootHash) && /^[0-9a-f]{64}$/.test(salt) && Number.isSafeInteger(treeBytes);
  if (!right || treeBytes < 0) throw refused('its manifest does not describe its hash tree');
  return { compatible: values.get('update/compatible'), verity: { rootHash, salt, treeBytes } };
}
