import { type Dirent, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

/** Something that must not be in an image. */
export interface Finding {
  readonly path: string;
  readonly what: string;
}

export interface Forbidden {
  /** Names of the building machine and of what it talks to: host names, proxies, mirrors of its own. */
  readonly names: readonly string[];
}

/** Identity of a machine, by where it lies. Empty files are fine: systemd fills them on the device. */
const IDENTITIES: readonly (readonly [RegExp, string])[] = [
  [/^etc\/machine-id$/, 'an identity of one machine'],
  [/^var\/lib\/dbus\/machine-id$/, 'an identity of one machine'],
  [/^etc\/ssh\/ssh_host_[^/]*$/, 'a host key of ssh'],
  [/^var\/lib\/systemd\/(random-seed|credential\.secret)$/, 'a secret of one machine'],
  [/^etc\/NetworkManager\/system-connections\/.+$/, 'a connection with its credentials'],
  [
    /^(root|home\/[^/]+)\/\.(ssh|npmrc|netrc|gnupg|aws|azure|docker|git-credentials|bash_history)(\/.*)?$/,
    "somebody's own file",
  ],
  [/^etc\/apt\/apt\.conf\.d\/[^/]*proxy[^/]*$/i, "a proxy of the building machine's"],
  [/^etc\/apt\/auth\.conf(\.d\/.+)?$/, 'credentials of apt'],
  [/^var\/log\/.+$/, "the building machine's log"],
  [/^var\/lib\/private\/tashika-edge\/.+$/, 'readings or the identity of a stream'],
];

const SECRETS: readonly (readonly [RegExp, string])[] = [
  // A whole key and not the words, which each program that reads keys holds.
  [/-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+(?:[A-Za-z0-9+/=:,\- ]+\r?\n){2,}/, 'a private key'],
  [/SharedAccessKey=[A-Za-z0-9+/]{43}=/, 'a key of Event Hubs'],
  [/AccountKey=[A-Za-z0-9+/]{86}==/, 'a key of Azure Storage'],
  [/\bsecret-[A-Za-z0-9]{60,}\b/, 'an authentication key of SORACOM'],
  [/\bhvs\.[A-Za-z0-9_-]{24,}/, 'a token of Vault'],
  [/\bgh[pousr]_[A-Za-z0-9]{36}\b/, 'a token of GitHub'],
  [/\bnpm_[A-Za-z0-9]{36}\b/, 'a token of npm'],
  [/\bAKIA[0-9A-Z]{16}\b/, 'a key of AWS'],
  [/\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/, 'a JSON web token'],
  [/_authToken=\S+/, 'a token of a package registry'],
  [/Acquire::https?::Proxy\s+"/i, "a proxy of the building machine's"],
];

/** What looks like a secret and is known to everybody. */
const PUBLISHED: readonly (readonly [RegExp, string])[] = [
  // The keys that GnuTLS tests itself with stand in its source.
  [/^usr\/lib\/[^/]+\/libgnutls\.so\.[\d.]+$/, 'a private key'],
];

/** No password, which would be the same on each device. */
const LOCKED = /^[^:]+:[!*][^:]*:/;

/**
 * Reads every file of a tree that is to become an image, links too.
 *
 * @returns what must not be there, in order of the paths; empty where all is well
 */
export function inspectTree(root: string, { names }: Forbidden): Finding[] {
  const findings: Finding[] = [];
  for (const path of pathsIn(root)) {
    const stat = lstatSync(join(root, path));
    const content = stat.isSymbolicLink()
      ? readlinkSync(join(root, path))
      : readFileSync(join(root, path)).toString('latin1');
    for (const what of findingsIn(path, content, names)) findings.push({ path, what });
  }
  return findings;
}

function findingsIn(path: string, content: string, names: readonly string[]): string[] {
  const found = IDENTITIES.filter(
    ([place]) => place.test(path) && content.trim() !== '' && content !== 'uninitialized\n',
  );
  const isPublished = (what: string) => PUBLISHED.some(([place, known]) => known === what && place.test(path));
  const secrets = SECRETS.filter(([pattern, what]) => pattern.test(content) && !isPublished(what));
  const hosts = names
    .filter((name) => content.includes(name))
    .map(() => 'a name of the building machine or of its network');
  const passwords = path === 'etc/shadow' && content.split('\n').some((line) => line !== '' && !LOCKED.test(line));
  return [
    ...found.map(([, what]) => what),
    ...secrets.map(([, what]) => what),
    ...new Set(hosts),
    ...(passwords ? ['a password'] : []),
  ];
}

function pathsIn(root: string, folder = ''): string[] {
  const entries: Dirent[] = readdirSync(join(root, folder), { withFileTypes: true });
  return entries
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return pathsIn(root, path);
      // Device nodes, pipes and sockets hold nothing.
      return entry.isFile() || entry.isSymbolicLink() ? [path] : [];
    });
}
