import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import type { ImageKind } from '@tashika/shared/image';
import type { Duration } from '@tashika/shared/time';
import type { BootClock } from '../clock/index.ts';
import { imageVersion } from '../image-file/index.ts';
import { type Proof, readProof } from '../proof/index.ts';
import { startsIn } from '../starts/index.ts';
import type { UpdateSettings } from './config.ts';
import type { Deployment } from './deployment.ts';
import type { Installers } from './installer.ts';
import type { Trial } from './state.ts';

/** An agent that has not written its proof for so long is not there. */
const STALE: Duration = 120_000;

/** The device around the updater: what runs on it, as files tell. */
export class Device {
  readonly #settings: Pick<UpdateSettings, 'proofFile' | 'systemImageFile' | 'directory'>;
  readonly #dataDirectory: string;
  readonly #clock: BootClock;

  constructor(
    settings: Pick<UpdateSettings, 'proofFile' | 'systemImageFile' | 'directory'>,
    dataDirectory: string,
    clock: BootClock,
  ) {
    this.#settings = settings;
    this.#dataDirectory = dataDirectory;
    this.#clock = clock;
  }

  /** What the agent of this boot last said of itself; undefined where none says anything. */
  async agent(): Promise<Proof | undefined> {
    const proof = await readProof(this.#settings.proofFile);
    if (!proof || proof.bootId !== this.#clock.bootId) return undefined;
    return this.#clock.monotonic() - proof.writtenAt > STALE ? undefined : proof;
  }

  /** How often the agent was started since its data directory began. */
  starts(): Promise<number> {
    return startsIn(this.#dataDirectory);
  }

  /** The version of a kind that runs; undefined where nobody says. */
  async running(kind: ImageKind): Promise<string | undefined> {
    return kind === 'agent' ? (await this.agent())?.version : imageVersion(this.#settings.systemImageFile);
  }

  /** What the agent of an image on trial says; undefined while that is another one's, or one's from before. */
  async proofOf({ kind, version }: Deployment, { bootId, since, found }: Trial): Promise<Proof | undefined> {
    const proof = await this.agent();
    if (!proof || (await this.running(kind)) !== version) return undefined;
    return !found && bootId === proof.bootId && proof.startedAt < since ? undefined : proof;
  }

  /** Bytes that are free for this user on the disk of the bundles. */
  async free(): Promise<number> {
    const { bavail, bsize } = await statfs(this.#settings.directory);
    return bavail * bsize;
  }

  /** What the server is told of this device: the words that it understands. */
  async attributes(installers: Installers): Promise<Readonly<Record<string, string>>> {
    const board = (await installers.agent.board()) ?? (await installers.system.board());
    const [agentVersion, systemVersion] = [await this.running('agent'), await this.running('system')];
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return {
      ...(board !== undefined && { board }),
      ...(agentVersion !== undefined && { agentVersion }),
      ...(systemVersion !== undefined && { systemVersion }),
      ...(timeZone && { timeZone }),
    };
  }
}

/** Names a set of attributes. */
export function hashOfAttributes(attributes: Readonly<Record<string, string>>): string {
  const entries = Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, 16);
}
