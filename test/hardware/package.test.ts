import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../rig/index.ts';
import { DebianRoot, haveDebianRootTools, Receiver } from './rig/index.ts';

const BUILD = fileURLToPath(new URL('../../deploy/dist/edge-package/main.js', import.meta.url));
const WANTED = '/etc/systemd/system/multi-user.target.wants/tashika-edge.service';
/** `e_machine` of ELF files. */
const [ARM, AARCH64] = [40, 183] as const;
const STATE = '/var/lib/tashika-edge';

/** Builds packages and gives their paths in order. */
function build(directory: string, args: readonly string[], env: Record<string, string> = {}): string[] {
  execFileSync(process.execPath, [BUILD, '--out', directory, ...args], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
  });
  return readdirSync(directory)
    .sort()
    .map((name) => join(directory, name));
}

const digestOf = (file: string) => createHash('sha256').update(readFileSync(file)).digest('hex');

describe.skipIf(!['dpkg-deb', 'xz'].map(haveCommand).every(Boolean))('the packages of the agent', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-packages-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('are the same bytes when they are built again, somewhere else', () => {
    const environment = { TZ: 'Asia/Tokyo', SOURCE_DATE_EPOCH: '1700000000' };
    const first = build(join(directory, 'first'), ['--architecture', 'armhf'], environment);
    const again = build(join(directory, 'again'), ['--architecture', 'armhf'], { ...environment, TZ: 'UTC' });
    expect(first.map((file) => file.replace(/.*armhf/, ''))).toEqual(['.deb', '.tar.xz']);
    expect(again.map(digestOf)).toEqual(first.map(digestOf));
  });

  it('carry a release of Node for armhf that is handed over, and no other machine’s', () => {
    const release = (machine: number) => {
      const program = Buffer.alloc(64);
      program.write('\x7fELF\x01\x01\x01', 'latin1');
      program.writeUInt16LE(machine, 18);
      const folder = join(directory, `machine-${machine}`);
      mkdirSync(join(folder, 'node-v20.19.5-linux-armv7l/bin'), { recursive: true });
      writeFileSync(join(folder, 'node-v20.19.5-linux-armv7l/bin/node'), program);
      writeFileSync(join(folder, 'node-v20.19.5-linux-armv7l/LICENSE'), 'Node’s own terms');
      const tarball = join(folder, 'node-v20.19.5-linux-armv7l.tar.gz');
      execFileSync('tar', ['-czf', tarball, '-C', folder, 'node-v20.19.5-linux-armv7l']);
      return ['--architecture', 'armhf', '--quick', '--node-armhf', tarball];
    };
    const [deb] = build(join(directory, 'with-node'), release(ARM));
    expect(execFileSync('dpkg-deb', ['--field', deb!, 'Depends'], { encoding: 'utf8' })).not.toContain('nodejs');
    expect(execFileSync('dpkg-deb', ['--contents', deb!], { encoding: 'utf8' })).toMatch(
      /^-rwxr-xr-x root\/root .* \.\/usr\/lib\/tashika-edge\/node$/m,
    );
    expect(() => build(join(directory, 'refused'), release(AARCH64))).toThrow('no program for armhf');
  });

  it.skipIf(!haveCommand('lintian'))('are without an error of Debian policy', () => {
    const [deb] = build(join(directory, 'policy'), ['--architecture', 'armhf']);
    const said = execFileSync('lintian', ['--allow-root', '--fail-on', 'none', deb!], { encoding: 'utf8' });
    expect(said.split('\n').filter((line) => line.startsWith('E:'))).toEqual([]);
  });
});

describe.skipIf(!haveDebianRootTools())('the Debian package in a Debian 13 for arm64', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-package-'));
  let receiver: Receiver;
  let root: DebianRoot;

  beforeAll(async () => {
    receiver = await Receiver.start();
    root = new DebianRoot(join(directory, 'root'));
    const [deb] = build(join(directory, 'built'), ['--architecture', 'arm64', '--quick']);
    copyFileSync(deb!, join(root.path, 'tmp/tashika-edge.deb'));
  }, 600_000);

  afterAll(async () => {
    await receiver?.[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  it('is installed by dpkg, with its groups, and starts at the next boot', () => {
    const { status, stdout, stderr } = root.run('dpkg', '--install', '/tmp/tashika-edge.deb');
    expect({ status, said: stdout + stderr }).toMatchObject({ status: 0 });
    const known = root.run('dpkg', '--status', 'tashika-edge').stdout.split('\n');
    expect(known).toEqual(expect.arrayContaining(['Status: install ok installed', 'Architecture: arm64']));
    expect(root.read('/etc/group')).toMatch(/^gpio:x:\d+:$/m);
    expect(root.has(WANTED)).toBe(true);
  });

  it('runs with the Node that it carries, and has every part that is loaded only where it is configured', () => {
    expect(root.run('tashika-edge', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^tashika-edge/),
    });
    root.write(
      '/tmp/parts.json',
      JSON.stringify({
        region: '13',
        metadata: { userData: false },
        sensors: {
          serial: [{ name: 'line', path: '/dev/null', format: 'json' }],
          modbus: [{ name: 'meter', path: '/dev/zero', registers: [{ sensor: 'v', address: 0, type: 'u16' }] }],
          mqtt: [{ name: 'broker', url: 'mqtt://127.0.0.1:1', topics: [{ topic: 'a' }] }],
        },
      }),
    );
    const { checks } = JSON.parse(root.run('tashika-edge', 'check', '--config', '/tmp/parts.json', '--json').stdout);
    const said = Object.fromEntries(
      checks.map(({ subject, detail }: { subject: string; detail: string }) => [subject, detail]),
    );
    expect(said).toMatchObject({
      versions: expect.stringMatching(/ Node 20\..* arm64\./),
      configuration: expect.stringContaining('Every setting is valid.'),
      'serial line': '/dev/null is there and may be opened.', // serialport's add-on was loaded
      'modbus meter': '/dev/zero is there and may be opened.',
      'mqtt broker': expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('sends what it reads to Funnel, with the settings of the device', async () => {
    root.write(
      '/etc/tashika-edge/config.json',
      JSON.stringify({
        region: '13',
        metadata: { userData: false },
        uplink: { url: `http://127.0.0.1:${receiver.port}`, batchAgeMs: 0 },
        sensors: { system: { intervalMs: 200 } },
      }),
    );
    const agent = root.start('tashika-edge', 'run');
    const ended = once(agent, 'exit');
    await receiver.until('readings', () => receiver.valuesOf('system/uptime').length >= 5, 240_000);
    agent.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('keeps its readings when it is removed, and takes all with it when it is purged', () => {
    expect(root.run('dpkg', '--remove', 'tashika-edge').status).toBe(0);
    expect(root.has('/usr/bin/tashika-edge')).toBe(false);
    expect([root.has(STATE), root.has('/etc/tashika-edge/config.json')]).toEqual([true, true]);
    expect(root.run('dpkg', '--purge', 'tashika-edge').status).toBe(0);
    expect([STATE, '/etc/tashika-edge', WANTED].filter((path) => root.has(path))).toEqual([]);
  });
});
