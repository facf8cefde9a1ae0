import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { signerNamed } from '../../conformance/rauc/agent-bundles.ts';
import { RaucDevice } from '../../conformance/rauc/device.ts';
import { atMost, below, type Result, told } from '../result.ts';
import type { Scene } from '../scene.ts';

const BUILD = fileURLToPath(new URL('../../../deploy/dist/image/main.js', import.meta.url));
const BOARD = 'tashika-vm-arm64';

/**
 * The agent's bundle beside a system's of the same board, and how long RAUC takes for it.
 *
 * @param systemRecord the `image.json` of a system bundle: one takes a quarter of an hour, so it is built by hand; without
 *   it the bundle's own size is told
 * @param quick an agent that is packed faster, and is larger
 */
export async function image(scene: Scene, systemRecord: string | undefined, quick: boolean): Promise<Result[]> {
  const signer = signerNamed(scene.directory, 'bench');
  const out = join(scene.directory, 'images');
  const how = ['--cert', signer.certificateFile, '--key', signer.key, '--out', out, ...(quick ? ['--quick'] : [])];
  execFileSync(process.execPath, [BUILD, 'agent', '--board', BOARD, ...how], { stdio: 'pipe' });
  const folder = join(out, readdirSync(out)[0]!);
  const { bundle } = JSON.parse(readFileSync(join(folder, 'image.json'), 'utf8'));
  const device = new RaucDevice(join(scene.directory, 'device'), BOARD, signer.certificateFile);
  try {
    device.slot('select');
    const { code, said, ms } = await device.install(join(folder, bundle.filename));
    if (code !== 0) throw new Error(`RAUC refused the agent's bundle: ${said}`);
    const bytes = told('bytes of an agent bundle', bundle.bytes, 'bytes');
    const install = below('install of an agent bundle with RAUC', ms / 1_000, 5, 's');
    if (systemRecord === undefined) return [bytes, install];
    const system = JSON.parse(readFileSync(systemRecord, 'utf8'));
    return [
      bytes,
      atMost('bytes of an agent bundle ÷ a system bundle', bundle.bytes / system.bundle.bytes, 0.15),
      install,
    ];
  } finally {
    device[Symbol.dispose]();
  }
}
