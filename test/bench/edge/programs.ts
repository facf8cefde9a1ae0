import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { comparedPackages, nodeOf } from '../compare/packages.ts';
import { freePort, type Scene } from '../scene.ts';
import { nodeRedArguments } from './node-red-flow.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/** One reading a line of JSON comes in at `tty`, is kept in a file, and goes out to `url`. */
export interface Job {
  readonly tty: string;
  readonly url: string;
  readonly metadataUrl: string;
  /** The agent's settings beyond those. */
  readonly settings?: object;
}

/** A program that does the job. */
export interface Program {
  readonly name: string;
  /** Each in a directory of its own. */
  start(scene: Scene, directory: string, job: Job): Promise<ChildProcess>;
}

/** The agent as it is built, with the Node that runs this benchmark and no flags. */
export const BUILT: Program = {
  name: 'agent, dist',
  start: async (scene, directory, job) =>
    scene.run(process.execPath, ['edge/dist/main.js', ...agentArguments(directory, job)], QUIET),
};

/**
 * The agent's package for this machine, made now and unpacked: started by its own launcher, with the Node that it
 * carries and whatever flags the launcher gives.
 */
export function packagedAgent(scene: Scene): Program {
  const architecture = ARCHITECTURES[process.arch];
  if (architecture === undefined) throw new Error(`There is no package of the agent for ${process.arch}.`);
  const out = join(scene.directory, 'packages');
  execFileSync(
    process.execPath,
    ['deploy/dist/edge-package/main.js', '--architecture', architecture, '--quick', '--out', out],
    { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const tarball = readdirSync(out).find((name) => name.endsWith('.tar.xz'))!;
  execFileSync('tar', ['-xf', join(out, tarball), '-C', out, '--strip-components=1']);
  const launcher = join(out, 'bin/tashika-edge');
  return {
    name: 'agent, package',
    start: async (scene, directory, job) => scene.run(launcher, agentArguments(directory, job), QUIET),
  };
}

/** Node-RED 5, with the Node that it wants. */
export function nodeRed(): Program {
  const packages = comparedPackages();
  const main = join(dirname(packages.resolve('node-red/package.json')), 'red.js');
  return {
    name: 'Node-RED',
    async start(scene, directory, { tty, url }) {
      mkdirSync(directory, { recursive: true });
      const job = { tty, url, buffer: join(directory, 'waiting.jsonl') };
      return scene.run(nodeOf(packages), [main, ...nodeRedArguments(directory, job, await freePort())]);
    },
  };
}

const QUIET = { TASHIKA_EDGE_LOG_LEVEL: 'warn' };

/**
 * At its defaults, but for where things are. This machine itself is not measured, and its clock is trusted: on a Pi
 * asking for it is a look at a file, here it would be programs that are run.
 */
function agentArguments(directory: string, { tty, url, metadataUrl, settings }: Job): string[] {
  mkdirSync(directory, { recursive: true });
  const file = join(directory, 'agent.json');
  writeFileSync(
    file,
    JSON.stringify({
      region: '13',
      dataDirectory: join(directory, 'data'),
      uplink: { url },
      metadata: { url: metadataUrl },
      clock: { trusted: 'always' },
      sensors: {
        system: { enabled: false },
        serial: [{ name: 'cabinet', path: tty, format: 'json', baudRate: 115_200 }],
      },
      ...settings,
    }),
  );
  return ['run', '--config', file];
}
