import { arch, release } from 'node:os';
import type { CheckLine } from '../sensors/index.ts';
import { VERSION } from '../version.ts';

/** What support asks first. */
export function checkVersions(): readonly CheckLine[] {
  const detail = `tashika-edge ${VERSION}, Node ${process.versions.node}, kernel ${release()}, ${arch()}.`;
  return [{ subject: 'versions', verdict: 'ok', detail }];
}
