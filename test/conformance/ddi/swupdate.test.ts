import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { listen } from '@tashika/cloud/api';
import { openApiOver } from '@tashika/cloud/api/testing';
import { sha256Of, Updaters } from '@tashika/cloud/fleet/ddi';
import { addAction, addFleetDevice, addImage, memoryBundles } from '@tashika/cloud/fleet/ddi/testing';
import { openStore, type Store } from '@tashika/cloud/store';
import { startBeam } from '@tashika/deploy/local/beam';
import { systemClock } from '@tashika/shared/time';
import { expect, it, onTestFinished } from 'vitest';
import { haveCommand, temporaryDirectory, until } from '../../rig/index.ts';
import { softwareImage } from './software-image.ts';

const KEY = 'the key that Beam signs with';
const TARGET = 'installed';
const logger = { debug() {}, info() {}, warn() {}, error() {} };

const haveAll = ['swupdate', 'cpio', 'openssl'].every(haveCommand);

it.skipIf(!haveAll)(
  "Debian's swupdate polls, installs and reports, with a token or, through Beam, with none",
  async () => {
    const store = await openStore('pglite:memory', { logger });
    const content = randomBytes(3_000_000);
    const images = temporaryDirectory();
    const { swu, certificateFile } = softwareImage(images, { version: '1.5.0', content, target: TARGET });
    const image = await addImage(store, swu, { filename: 'agent-1.5.0.swu' });
    const url = await serve(store, new Map([[image.bundle.sha256, swu]]));
    const beam = await startBeam({ destination: url, preSharedKey: KEY });
    onTestFinished(() => beam.stop());
    await addFleetDevice(store, { controllerId: 'gateway-1', tokenSha256: sha256Of('token-of-its-own') });
    const ways = [
      { controllerId: 'gateway-1', options: `-u ${url} -k token-of-its-own` },
      // The source address is the SIM.
      { controllerId: 'gateway-2', options: `-u http://127.0.0.1:${beam.port} -f 127.1.0.7` },
    ];
    await Promise.all(
      ways.map(async ({ controllerId, options }) => {
        const device = new Device(controllerId, options, certificateFile);
        const polling = device.start();
        await until(
          `${controllerId} to tell of itself`,
          async () => (await deviceRow(store, controllerId))?.board === 'pi4',
        );
        const id = await addAction(store, { controllerId, image });
        await until(
          `${controllerId} to install`,
          async () => (await actionRow(store, id)).detail === 'All Chunks Installed.',
        );
        expect(readFileSync(join(device.directory, TARGET)).equals(content)).toBe(true);
        await device.end(polling);
        // Started anew, it says that the new version does.
        const confirming = device.start('-c 2');
        await until(`${controllerId} to report`, async () => (await actionRow(store, id)).state === 'closed');
        await device.end(confirming);
        expect(await actionRow(store, id)).toMatchObject({
          outcome: 'success',
          served_bytes: swu.length,
          beginnings: 1,
        });
      }),
    );
    expect(await deviceRow(store, 'gateway-2')).toMatchObject({ imsi: '295000000065543', imsi_proved: true });
  },
  60_000,
);

/** A machine with swupdate, which keeps all that is its own in one directory. */
class Device {
  readonly directory = temporaryDirectory();
  readonly #suricatta: string;
  readonly #certificateFile: string;

  constructor(controllerId: string, options: string, certificateFile: string) {
    this.#suricatta = `-t tashika -i ${controllerId} -p 1 ${options}`;
    this.#certificateFile = certificateFile;
    mkdirSync(join(this.directory, 'tmp'));
    writeFileSync(
      join(this.directory, 'swupdate.cfg'),
      'globals : { };\nidentify : ( { name = "board"; value = "pi4"; } );\nsuricatta : { };\n',
    );
  }

  start(more = ''): ChildProcess {
    const child = spawn(
      'swupdate',
      [
        ...['-f', 'swupdate.cfg', '-k', this.#certificateFile, '-H', 'pi4:1.0'],
        ...['-u', `${this.#suricatta} ${more}`.trim()],
      ],
      // Its sockets lie in TMPDIR: one machine has one swupdate.
      { cwd: this.directory, env: { ...process.env, TMPDIR: join(this.directory, 'tmp') }, stdio: 'ignore' },
    );
    onTestFinished(() => void child.kill('SIGKILL'));
    return child;
  }

  async end(child: ChildProcess): Promise<void> {
    child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

async function deviceRow(store: Store, controllerId: string) {
  const [row] = await store.query<Record<string, unknown>>('SELECT * FROM fleet_device WHERE controller_id = $1', [
    controllerId,
  ]);
  return row;
}

async function actionRow(store: Store, id: number) {
  const [row] = await store.query<Record<string, unknown>>('SELECT * FROM deployment_action WHERE id = $1', [id]);
  return row!;
}

async function serve(store: Store, bundles: Map<string, Buffer>): Promise<string> {
  const beam = { preSharedKeys: [KEY], toleranceMs: 300_000 };
  const options = { store, clock: systemClock, logger, beam, bundles: memoryBundles(bundles) };
  const updaters = new Updaters({ ...options, tenant: 'tashika', pollMs: 1_000 });
  const app = await openApiOver(store, { beam, updaters: { updaters, forwardedHosts: [] } });
  onTestFinished(async () => {
    await app.close();
    await store.close();
  });
  return listen(app, { host: '127.0.0.1', port: 0 });
}
