import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** Debian packages of a foreign architecture, without a trace in this machine's own apt. */
export class DebianArchive {
  readonly #env: NodeJS.ProcessEnv;
  readonly #downloads: string;
  readonly #archives: string;

  /**
   * @param directory where lists and packages are kept
   * @param releases the first one is where a package comes from unless `package/release` says otherwise
   */
  constructor(directory: string, architecture: string, releases: readonly string[]) {
    this.#downloads = join(directory, 'packages');
    this.#archives = join(directory, 'cache/archives');
    for (const folder of ['lists/partial', 'cache/archives/partial', 'parts', 'packages'])
      mkdirSync(join(directory, folder), { recursive: true });
    const mirror = mirrorOfThisMachine();
    const sources = releases.map(
      (release) => `deb [arch=${architecture} signed-by=${KEYRING}] ${mirror} ${release} main`,
    );
    writeFileSync(join(directory, 'sources.list'), `${sources.join('\n')}\n`);
    writeFileSync(join(directory, 'status'), '');
    const settings = {
      'Dir::Etc::sourcelist': join(directory, 'sources.list'),
      'Dir::Etc::sourceparts': join(directory, 'parts'),
      'Dir::Etc::preferencesparts': join(directory, 'parts'),
      'Dir::State::lists': join(directory, 'lists'),
      'Dir::State::status': join(directory, 'status'),
      'Dir::Cache': join(directory, 'cache'),
      'APT::Architecture': architecture,
      'APT::Architectures::': architecture,
      'APT::Default-Release': releases[0],
      'APT::Sandbox::User': 'root',
      'Acquire::Languages': 'none',
      'Acquire::IndexTargets::deb::DEP-11::DefaultEnabled': 'false',
    };
    const file = join(directory, 'apt.conf');
    writeFileSync(
      file,
      `#clear APT::Architectures;\n${Object.entries(settings)
        .map(([key, value]) => `${key} "${value}";\n`)
        .join('')}`,
    );
    this.#env = { ...process.env, APT_CONFIG: file, LC_ALL: 'C' };
  }

  update(): void {
    this.#apt('apt-get', ['update', '-qq']);
  }

  /** The package that a metapackage such as `linux-image-arm64` stands for. */
  dependencyOf(name: string): string {
    const depends = /^\s*Depends: (\S+)/m.exec(this.#apt('apt-cache', ['depends', name]));
    if (!depends) throw new Error(`${name} depends on nothing.`);
    return depends[1]!;
  }

  /** Downloads packages and unpacks them over each other into `root`. */
  unpack(root: string, packages: readonly string[]): void {
    const folder = join(this.#downloads, root.split('/').at(-1)!);
    mkdirSync(folder, { recursive: true });
    execFileSync('apt-get', ['download', '-qq', ...packages], { cwd: folder, env: this.#env, stdio: 'pipe' });
    mkdirSync(root, { recursive: true });
    for (const each of readdirSync(folder)) execFileSync('dpkg-deb', ['--extract', join(folder, each), root]);
    rmSync(folder, { recursive: true });
  }

  /** Downloads packages with all that they depend on, and says where each is. */
  download(packages: readonly string[]): string[] {
    this.#apt('apt-get', ['install', '-qq', '--yes', '--download-only', '--no-install-recommends', ...packages]);
    return readdirSync(this.#archives)
      .filter((name) => name.endsWith('.deb'))
      .map((name) => join(this.#archives, name));
  }

  #apt(program: string, args: readonly string[]): string {
    return execFileSync(program, args, { env: this.#env, encoding: 'utf8', stdio: 'pipe' });
  }
}

/** Where this machine's own packages come from, of which another architecture's are beside them. */
function mirrorOfThisMachine(): string {
  const uris = execFileSync(
    'apt-get',
    ['indextargets', '--no-release-info', '--format', '$(REPO_URI)', 'Created-By: Packages'],
    { encoding: 'utf8' },
  );
  const mirror = uris.split('\n').find((uri) => /\/debian\/?$/.test(uri));
  if (mirror === undefined) throw new Error('apt has no Debian mirror to take the packages of the guest from.');
  return mirror;
}
