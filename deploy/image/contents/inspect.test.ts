import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { namesOfBuildingMachine } from './building-machine.ts';
import { inspectTree } from './inspect.ts';
import { refuseUnsafe } from './refuse.ts';

const key = (type: 'pkcs8' | 'sec1') =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type, format: 'pem' }) as string;

function treeWith(files: Record<string, string | Buffer>): string {
  const root = mkdtempSync(join(tmpdir(), 'tashika-tree-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

const findings = (files: Record<string, string | Buffer>, names: string[] = []) =>
  inspectTree(treeWith(files), { names }).map(({ path, what }) => `${path}: ${what}`);

describe('what must not be in an image', () => {
  it('is nothing of a plain system', () => {
    const plain = {
      'etc/machine-id': '',
      'etc/hostname': 'tashika\n',
      'etc/shadow': 'root:*:20000:0:99999:7:::\ndaemon:!*:20000::::::\n',
      'usr/bin/tool': 'reads -----BEGIN PRIVATE KEY----- and _authToken',
      'etc/ssl/certs/ca.pem': '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    };
    expect(findings(plain)).toEqual([]);
  });

  it.each<[string, Record<string, string | Buffer>, string]>([
    ['a private key, wherever it lies', { 'opt/a/b.txt': `x\n${key('pkcs8')}` }, 'a private key'],
    ['a key of the older form', { 'opt/key': key('sec1') }, 'a private key'],
    ['a key inside a program', { 'usr/bin/x': Buffer.from(`\x7fELF\0\0${key('pkcs8')}\0`) }, 'a private key'],
    ['a machine-id', { 'etc/machine-id': 'd3b07384d113edec49eaa6238ad5ff00\n' }, 'an identity of one machine'],
    ['a host key', { 'etc/ssh/ssh_host_ed25519_key.pub': 'ssh-ed25519 AAAA' }, 'a host key of ssh'],
    ['a seed', { 'var/lib/systemd/random-seed': 'xyz' }, 'a secret of one machine'],
    ['a password', { 'etc/shadow': 'root:$y$j9T$abc$def:20000:0:99999:7:::\n' }, 'a password'],
    ['an open account', { 'etc/shadow': 'root::20000:0:99999:7:::\n' }, 'a password'],
    ['a proxy of apt', { 'etc/apt/apt.conf.d/95proxies': 'Acquire::http::Proxy "x";' }, 'a proxy'],
    ['a registry token', { 'usr/lib/x/.npmrc': '//host/:_authToken=abc' }, 'a token of a package registry'],
    [
      'a connection string',
      { 'etc/x': `Endpoint=sb://a/;SharedAccessKeyName=a;SharedAccessKey=${'A'.repeat(43)}=` },
      'a key of Event Hubs',
    ],
    ['a token of Vault', { 'etc/x': `hvs.${'a'.repeat(30)}` }, 'a token of Vault'],
    ['a password of a Wi-Fi', { 'etc/NetworkManager/system-connections/a': 'psk=1' }, 'a connection'],
    ['a log', { 'var/log/dpkg.log': '2026' }, 'log'],
    ["somebody's own file", { 'root/.ssh/authorized_keys': 'ssh-rsa' }, "somebody's own file"],
    ["a device's readings", { 'var/lib/private/tashika-edge/spool/1': 'x' }, 'readings'],
  ])('is %s', (_, files, what) => {
    expect(findings(files)).toEqual([expect.stringContaining(what)]);
  });

  it('is a trace of the building machine, in links too', () => {
    const root = treeWith({ 'usr/lib/a.js': '// from builder-17.example' });
    symlinkSync('/srv/checkout/deploy', join(root, 'usr/lib/link'));
    const found = inspectTree(root, { names: ['builder-17.example', '/srv/checkout/'] });
    expect(found.map(({ path }) => path)).toEqual(['usr/lib/a.js', 'usr/lib/link']);
  });

  it('stops the build with every file named', () => {
    const root = treeWith({ 'a/key': key('pkcs8'), 'etc/machine-id': 'abc' });
    chmodSync(join(root, 'a/key'), 0o400);
    expect(() => refuseUnsafe(root, [])).toThrowError(
      expect.objectContaining({
        code: 'IMAGE_UNSAFE',
        message: expect.stringMatching(/a\/key \(a private key\), etc\/machine-id \(an identity of one machine\)/),
      }),
    );
  });

  it('knows the hosts of proxies, registries and mirrors, without their passwords', () => {
    const env = {
      HTTPS_PROXY: 'http://user:word@proxy.example:3128',
      npm_config_registry: 'https://registry.example/npm/',
      PIP_INDEX_URL: 'https://pypi.example/simple',
      NO_PROXY: 'https://passed-over.example',
      http_proxy: 'http://127.0.0.1:9',
    };
    const names = namesOfBuildingMachine('/srv/checkout', env);
    expect(names).toEqual(
      expect.arrayContaining(['/srv/checkout/', 'proxy.example', 'registry.example', 'pypi.example']),
    );
    expect(names.join()).not.toMatch(/word|passed-over|127\.0/);
  });
});
