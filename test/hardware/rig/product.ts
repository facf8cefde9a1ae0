import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Cpio } from './cpio.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const EPOLL = 'epoll/build/Release/epoll.node';
const OF_NO_USE =
  /\.(d\.[cm]?ts|[cm]?ts|map|md|test\.js)$|\/(prebuilds\/(?!linux-arm64)|epoll\/build$|testing$)|\/node_modules\/@types\//;

/** Where the agent is in the guest. */
export const AGENT = '/opt/tashika/edge/dist/main.js';

/** The built agent with what it depends on, links and all as they are installed here, under `/opt/tashika`. */
export function addAgent(image: Cpio, epoll: Uint8Array): void {
  const placed = new Set<string>();
  const here = (path: string) => join('/opt/tashika', relative(ROOT, path));
  for (const name of ['edge', 'shared']) {
    image.copy(here(join(ROOT, name, 'package.json')), join(ROOT, name, 'package.json'));
    image.copy(here(join(ROOT, name, 'dist')), join(ROOT, name, 'dist'), useful);
    addDependencies(join(ROOT, name));
  }

  function addDependencies(folder: string): void {
    const { dependencies = {}, optionalDependencies = {} } = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const link = join(folder, 'node_modules', name);
      image.copy(here(link), link);
      addInstalled(realpathSync(link));
    }
  }

  /** A package as pnpm lays it: its own folder, and beside it links to what it needs. */
  function addInstalled(folder: string): void {
    if (!folder.includes('/.pnpm/') || placed.has(folder)) return;
    placed.add(folder);
    image.copy(here(folder), folder, useful);
    if (folder.endsWith('/epoll')) image.file(here(join(dirname(folder), EPOLL)), epoll);
    const beside = folder.slice(
      0,
      folder.indexOf('/node_modules/', folder.indexOf('/.pnpm/')) + '/node_modules'.length,
    );
    for (const link of packagesIn(beside)) {
      const target = realpathSync(link);
      if (target === folder) continue;
      image.copy(here(link), link);
      addInstalled(target);
    }
  }
}

/** The add-on behind `onoff`, which is shipped as source, built for the guest's Node. */
export function crossBuildEpoll(compiler: string, nodeHeaders: string, file: string): void {
  const onoff = realpathSync(join(ROOT, 'edge/node_modules/onoff'));
  const epoll = realpathSync(join(dirname(onoff), 'epoll'));
  const nan = realpathSync(join(dirname(epoll), 'nan'));
  execFileSync(
    compiler,
    [
      ...['-O1', '-shared', '-fPIC', '-std=gnu++20', '-w', '-DNODE_GYP_MODULE_NAME=epoll', '-DBUILDING_NODE_EXTENSION'],
      ...['-I', nodeHeaders, '-I', nan, join(epoll, 'src/epoll.cc'), '-o', file],
    ],
    { stdio: 'pipe' },
  );
}

function useful(path: string): boolean {
  return !OF_NO_USE.test(path);
}

function packagesIn(nodeModules: string): string[] {
  return readdirSync(nodeModules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) => {
      const path = join(nodeModules, name);
      return name.startsWith('@') ? readdirSync(path).map((each) => join(path, each)) : [path];
    });
}
