import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { freePort, startPostgres, temporaryDirectory, until } from '../rig/index.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Who the image runs as: nobody's number. Only root can become somebody else. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65532, gid: 65532 } : {};

/** The image's layout without an engine: the program with what it needs to run, which nobody can write. */
function installed(directory: string): string {
  const app = join(directory, 'app');
  const deploy = ['--filter', '@tashika/cloud', '--prod', '--legacy', 'deploy', app];
  const settings = ['--prefer-offline', '--config.minimum-release-age=0']; // of what the lockfile names, all is here
  const { status, stdout, stderr } = spawnSync('npx', ['-y', 'pnpm@12.21.0', ...settings, ...deploy], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`pnpm ended with ${status}: ${stdout}${stderr}`);
  copyFileSync(join(ROOT, 'deploy/container/health.mjs'), join(app, 'health.mjs'));
  spawnSync('chmod', ['-R', 'a-w,a+rX', app]);
  return app;
}

it('the program runs as nobody, from a directory that it can not write, and writes no file anywhere', async () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o755);
  const app = installed(directory);
  const postgres = await startPostgres({ directory: join(directory, 'postgres'), settings: { fsync: 'off' } });
  const data = join(directory, 'data');
  mkdirSync(data);
  if (NOBODY.uid !== undefined) chownSync(data, NOBODY.uid, NOBODY.gid);
  const port = String(await freePort());
  // There is no home, and no place for temporary files.
  const env = {
    PATH: process.env.PATH,
    HOME: '/nonexistent',
    TMPDIR: '/nonexistent',
    NODE_ENV: 'production',
    TASHIKA_CLOUD_API_PORT: port,
    TASHIKA_CLOUD_WORKER_PORT: port,
    TASHIKA_CLOUD_STORE_URL: await postgres.createDatabase(),
    TASHIKA_CLOUD_EVENT_HUBS_CONNECTION_STRING:
      'Endpoint=sb://127.0.0.1:1;SharedAccessKeyName=listen;SharedAccessKey=a2V5;UseDevelopmentEmulator=true',
  };
  const run = (...args: string[]) =>
    spawn(process.execPath, args, { cwd: data, env, stdio: ['ignore', 'pipe', 'pipe'], ...NOBODY });
  const health = async () => {
    const child = run(join(app, 'health.mjs'));
    return (await once(child, 'exit'))[0] as number;
  };

  expect(await health()).toBe(1); // nothing answers yet
  const program = run(join(app, 'dist/main.js'), 'all');
  let said = '';
  for (const stream of [program.stdout, program.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk));
  const ended = once(program, 'exit');
  try {
    const page = await until(
      'the dashboard to be served',
      async () => {
        if (program.exitCode !== null) return said;
        const answer = await fetch(`http://127.0.0.1:${port}/`);
        return answer.ok && (await answer.text());
      },
      60_000,
    );
    expect(page).toContain('<title>');
    expect(await health()).toBe(0); // though its hub is away
    program.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
  } finally {
    program.kill('SIGKILL');
    await ended;
    await postgres.stop();
  }
  expect(readdirSync(data)).toEqual([]);
});
