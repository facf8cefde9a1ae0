import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BuiltImage,
  boardOf,
  buildAgentImage,
  type ImageOptions,
  inspectTree,
  payloadOf,
} from '@tashika/deploy/image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../../rig/index.ts';
import { MADE_AT, signerNamed } from './agent-bundles.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SPDX = 'import spdx_tools';

/** Whether the agent is built, and there is what an image is packed with. */
function canBuild(): boolean {
  const isBuilt = existsSync(join(ROOT, 'edge/dist/main.js'));
  if (!isBuilt && process.env.CI) throw new Error('The agent is not built; .ci/run should have done so.');
  if (!isBuilt) console.warn('Skipped: tests of an image, which need the built agent (npm run build).');
  return isBuilt && ['rauc', 'mksquashfs', 'unsquashfs', 'openssl', 'npm'].map(haveCommand).every((have) => have);
}

describe.skipIf(!canBuild())('the image of the agent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-agent-image-'));
  let options: ImageOptions;
  let built: BuiltImage;

  beforeAll(async () => {
    options = {
      root: ROOT,
      out: join(directory, 'first'),
      // Its agent uses the system's Node: to pack another hundred megabytes twice would show nothing more.
      board: { ...boardOf('tashika-rpi-arm64')!, name: 'tashika-test-armhf', architecture: 'armhf' },
      version: '7.8.9',
      commit: 'c'.repeat(40),
      madeAt: MADE_AT,
      signer: signerNamed(directory, 'own'),
      format: 'plain',
      quick: true,
      parent: { kind: 'system', version: '1.0.0' },
      approvedBy: undefined,
      advisories: undefined,
      mostCvss: 8.9,
      env: process.env,
      tell: () => {},
    };
    built = await buildAgentImage(options);
  }, 120_000);

  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  it('is the same bytes when it is built again, but for the signature, which tells when it was made', async () => {
    const again = await buildAgentImage({ ...options, out: join(directory, 'again') });
    const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    expect(digest(payloadOf(again.bundle))).toBe(digest(payloadOf(built.bundle)));
    expect(again.record.sbomSha256).toBe(built.record.sbomSha256);
  });

  it('holds no secret, no identity and no trace of this machine in any of its files, and says its own version', () => {
    const work = join(directory, 'unpacked');
    execFileSync('unsquashfs', ['-quiet', '-no-progress', '-d', work, built.bundle], { stdio: 'pipe' });
    const agent = join(directory, 'agent');
    execFileSync('unsquashfs', ['-quiet', '-no-progress', '-d', agent, join(work, 'agent.squashfs')], {
      stdio: 'pipe',
    });
    expect(inspectTree(agent, { names: [ROOT, directory] })).toEqual([]);
    const code = readdirSync(join(agent, 'lib/tashika-edge')).map((name) =>
      readFileSync(join(agent, 'lib/tashika-edge', name), 'utf8'),
    );
    expect(code.some((text) => text.includes('"7.8.9"'))).toBe(true);
  });

  it('has a record that tells what it is, and that nobody scanned it or let it out', () => {
    const record = JSON.parse(readFileSync(join(built.directory, 'image.json'), 'utf8'));
    expect(record).toMatchObject({
      kind: 'agent',
      version: '7.8.9',
      boards: ['tashika-test-armhf'],
      builtAt: '2023-11-14T22:13:20Z',
      parent: { kind: 'system', version: '1.0.0' },
      scan: { status: 'not scanned' },
      approvedBy: null,
    });
    const bytes = readFileSync(built.bundle);
    expect(record.bundle).toMatchObject({
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      sha1: createHash('sha1').update(bytes).digest('hex'),
      md5: createHash('md5').update(bytes).digest('hex'),
    });
    const sbom = readFileSync(join(built.directory, 'sbom.spdx.json'), 'utf8');
    expect(createHash('sha256').update(sbom).digest('hex')).toBe(record.sbomSha256);
    const names = JSON.parse(sbom).packages.map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(['typebox', '@serialport/bindings-cpp']));
  });

  it('is not made where a file of it holds a secret', async () => {
    // The words of the licences are part of it: what stands in ours is in each image.
    const env = { ...process.env, TEST_MIRROR: 'https://apache.org/' };
    await expect(buildAgentImage({ ...options, out: join(directory, 'refused'), env })).rejects.toThrowError(
      expect.objectContaining({ code: 'IMAGE_UNSAFE', message: expect.stringContaining('copyright') }),
    );
    expect(existsSync(join(directory, 'refused'))).toBe(false);
  });

  it.skipIf(!havePython(SPDX))('has a package list that the SPDX project finds valid', () => {
    const file = join(built.directory, 'sbom.spdx.json');
    writeFileSync(join(directory, 'validate.py'), VALIDATE);
    expect(execFileSync('python3', [join(directory, 'validate.py'), file], { encoding: 'utf8' }).trim()).toBe('[]');
  });
});

const VALIDATE = `import sys
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
print([message.validation_message for message in validate_full_spdx_document(parse_file(sys.argv[1]))])
`;

function havePython(statement: string): boolean {
  try {
    execFileSync('python3', ['-c', statement], { stdio: 'ignore' });
    return true;
  } catch {
    if (process.env.CI) throw new Error('spdx-tools is not installed; .ci/run should have done so.');
    console.warn('Skipped: a test that needs spdx-tools of PyPI, which is not installed.');
    return false;
  }
}
