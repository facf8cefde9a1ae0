import { createHash } from 'node:crypto';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';

/** An answer to a request of an updater. */
export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** The way to the server: through Beam, or into an API of this process. */
export type Ask = (method: 'GET' | 'PUT' | 'POST', path: string, body?: object) => Promise<Answer>;

/** Who an updater says it is. */
export interface UpdaterIdentity {
  readonly tenant: string;
  readonly controllerId: string;
  /** What it tells of itself (`configData`). */
  readonly attributes: () => Readonly<Record<string, string>>;
  /** Lets the device start anew with what has been downloaded and checked. What it throws is told as a failure. */
  readonly install: (installed: Installed) => void;
}

/** A bundle as it was announced, all of it. */
export interface Installed {
  readonly version: string;
  readonly bundle: Buffer;
}

interface Link {
  readonly href: string;
}

interface Base {
  readonly config: { readonly polling: { readonly sleep: string } };
  readonly _links?: Readonly<Partial<Record<'configData' | 'deploymentBase' | 'cancelAction', Link>>>;
}

interface Deployment {
  readonly id: string;
  readonly deployment: {
    readonly download: string;
    readonly update: string;
    readonly maintenanceWindow?: string;
    readonly chunks: readonly {
      readonly part: string;
      readonly name: string;
      readonly version: string;
      readonly artifacts: readonly {
        readonly size: number;
        readonly hashes: { readonly sha256: string };
        readonly _links: Readonly<Record<string, Link>>;
      }[];
    }[];
  };
}

/**
 * A simulated device's updater: hawkBit's DDI v1 as Debian's clients speak it (facts of the protocol: Eclipse hawkBit,
 * "Direct Device Integration API"). It downloads and checks a bundle in earnest; installing is left to the device.
 */
export class Updater {
  readonly #identity: UpdaterIdentity;
  readonly #ask: Ask;
  readonly #base: string;
  /** The action that was installed last: a server that has not heard of it offers it once more. */
  #done: string | undefined;

  constructor(identity: UpdaterIdentity, ask: Ask) {
    this.#identity = identity;
    this.#ask = ask;
    this.#base = `/${identity.tenant}/controller/v1/${identity.controllerId}`;
  }

  /**
   * Asks what is to be done, and does it. Resolves with when the server wants to be asked again, in ms from now.
   *
   * @throws Error where the server does not answer, or answers what the protocol does not have
   */
  async poll(): Promise<Duration> {
    const base = (await this.#get(this.#base)) as Base;
    const { configData, cancelAction, deploymentBase } = base._links ?? {};
    if (configData) await this.#tell('PUT', pathOf(configData), { mode: 'merge', data: this.#identity.attributes() });
    if (cancelAction) await this.#cancel(cancelAction);
    else if (deploymentBase) await this.#deploy(deploymentBase);
    return sleepOf(base);
  }

  async #cancel(link: Link): Promise<void> {
    const { id, cancelAction } = (await this.#get(pathOf(link))) as {
      id: string;
      cancelAction: { stopId: string };
    };
    // Installing takes no time here, so what is to be cancelled has not begun, or is done.
    const isDone = cancelAction.stopId === this.#done;
    const path = `${this.#base}/cancelAction/${id}/feedback`;
    await this.#feedback(path, id, isDone ? 'rejected' : 'closed', 'success', 'Cancelled before it began.');
  }

  async #deploy(link: Link): Promise<void> {
    const { id, deployment } = (await this.#get(pathOf(link))) as Deployment;
    const path = `${this.#base}/deploymentBase/${id}/feedback`;
    const installed = () => this.#feedback(path, id, 'closed', 'success', 'Installed, and started.');
    if (id === this.#done) return installed();
    if (deployment.download === 'skip') return;
    const [chunk] = deployment.chunks;
    const [artifact] = chunk?.artifacts ?? [];
    const source = artifact?._links['download-http'] ?? artifact?._links.download;
    if (!chunk || !artifact || !source)
      return this.#feedback(path, id, 'closed', 'failure', 'There is nothing to install.');
    await this.#feedback(path, id, 'download', 'none', 'Downloading.');
    const bundle = await this.#download(pathOf(source));
    if (!bundle) return; // perhaps tomorrow: the day's bytes are spent
    if (createHash('sha256').update(bundle).digest('hex') !== artifact.hashes.sha256)
      return this.#feedback(path, id, 'closed', 'failure', 'The bundle is not what was announced.');
    await this.#feedback(path, id, 'downloaded', 'none', `${bundle.length} bytes, as announced.`);
    if (deployment.update === 'skip') return; // outside of its maintenance window
    await this.#feedback(path, id, 'proceeding', 'none', 'Installing.');
    try {
      this.#identity.install({ version: chunk.version, bundle });
    } catch (error) {
      return this.#feedback(path, id, 'closed', 'failure', messageOf(error));
    }
    this.#done = id;
    await installed();
  }

  async #download(path: string): Promise<Buffer | undefined> {
    const { status, body } = await this.#ask('GET', path);
    if (status === 429 || status === 503) return undefined;
    if (status !== 200) throw unexpected('GET', path, status, body);
    return body;
  }

  #feedback(path: string, id: string, execution: string, finished: string, detail: string): Promise<void> {
    return this.#tell('POST', path, { id, status: { execution, result: { finished }, details: [detail] } });
  }

  async #get(path: string): Promise<unknown> {
    const { status, body } = await this.#ask('GET', path);
    if (status !== 200) throw unexpected('GET', path, status, body);
    return JSON.parse(body.toString());
  }

  async #tell(method: 'PUT' | 'POST', path: string, body: object): Promise<void> {
    const answer = await this.#ask(method, path, body);
    if (answer.status !== 200) throw unexpected(method, path, answer.status, answer.body);
  }
}

/** The path of an absolute link: the way to the server is the device's own. */
function pathOf({ href }: Link): string {
  const { pathname, search } = new URL(href);
  return pathname + search;
}

function sleepOf({ config }: Base): Duration {
  const [hours, minutes, seconds] = config.polling.sleep.split(':').map(Number) as [number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}

function unexpected(method: string, path: string, status: number, body: Buffer): Error {
  let said = body.toString().slice(0, 300);
  try {
    said = (JSON.parse(said) as { detail?: string }).detail ?? said;
  } catch (error) {
    said ||= messageOf(error);
  }
  return new Error(`${method} ${path} was answered ${status}: ${said}`);
}
