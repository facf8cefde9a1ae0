import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { haveCommand } from '../rig/index.ts';
import { DebianRoot, haveDebianRootTools, Receiver } from './rig/index.ts';

const BUILD = fileURLToPath(new URL('../../deploy/dist/edge-package/main.js', import.meta.url));
const WANTED = '/etc/systemd/system/multi-user.target.wants/tashika-edge.service';
const STATE = '/var/lib/tashika-edge';

/** Builds packages and gives their paths in order. */
function build(directory: string, args: readonly string[], env: Record<string, string> = {}): string[] {
  execFileSync(process.execPath, [BUILD, '--out', directory, ...args], { env: { ...process.env, ...env } });
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

  it.skipIf(!haveCommand('lintian'))('are without an error of Debian policy', () => {
    const [deb] = build(join(directory, 'policy'), ['--architecture', 'armhf', '--quick']);
    expect(execFileSync('lintian', ['--allow-root', '--fail-on', 'none', deb!], { encoding: 'utf8' })).toBe('');
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
    expect(root.run('dpkg-query', '--show', '--showformat=${Status} ${Architecture}', 'tashika-edge').stdout).toBe(
      'install ok installed arm64',
    );
    expect(root.read('/etc/group')).toMatch(/^gpio:x:\d+:$/m);
    expect(root.has(WANTED)).toBe(true);
  });

  it('runs with the Node that it carries, without any file that somebody edited', () => {
    expect(root.run('tashika-edge', '--help')).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^tashika-edge/),
    });
    const { checks } = JSON.parse(root.run('tashika-edge', 'check', '--json').stdout);
    const said = Object.fromEntries(
      checks.map(({ subject, detail }: { subject: string; detail: string }) => [subject, detail]),
    );
    expect(said.versions).toMatch(/Node 22\..*arm64/);
    expect(said.configuration).toMatch(/Every setting is valid\./);
  });

  it('has every part that is loaded only when it is configured', () => {
    root.write(
      '/tmp/all.json',
      JSON.stringify({
        sensors: {
          serial: [{ name: 'k1', path: '/dev/null', format: 'json' }],
          modbus: [{ name: 'meter', path: '/dev/zero', registers: [{ sensor: 'v', address: 0, type: 'u16' }] }],
          mqtt: [{ name: 'broker', url: 'mqtt://127.0.0.1:1', topics: [{ topic: 'a' }] }],
          gpio: [{ name: 'door', pin: 17, driver: 'sysfs' }],
        },
      }),
    );
    const { stdout } = root.run('tashika-edge', 'check', '--config', '/tmp/all.json', '--json');
    const failures = stdout;
    expect(failures).toBe('');
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
    const uptime = await receiver.until('readings', () => receiver.valuesOf('system/uptime').length >= 5);
    expect(uptime).toBe(true);
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
