import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { BundleFile } from './bundle-file.ts';
import type { Deployment } from './deployment.ts';

const NAME = /^bundle.*\.raucb$/;

/** The bundle of what is under way; no other is kept. All methods reject as the disk does. */
export class Bundles {
  readonly #directory: string;
  #bundle: BundleFile | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The bundle of a deployment; others are removed. */
  async of({ sha256 }: Deployment): Promise<BundleFile> {
    const bundle = new BundleFile(this.#directory, sha256);
    if (this.#bundle?.path === bundle.path) return this.#bundle;
    await this.#removeBut(bundle.path);
    this.#bundle = bundle;
    return bundle;
  }

  /**
   * The path of a bundle that is whole, with nobody having it open, as RAUC wants it. Undefined where it has not stayed as
   * it was announced, which is no fault of the image: it may have waited for its window for days, on a card that the power
   * was cut from. Then nothing of it is kept.
   */
  async whole(deployment: Deployment): Promise<string | undefined> {
    const bundle = await this.of(deployment);
    await bundle.open(deployment.bytes);
    const isWhole = bundle.bytes === deployment.bytes && bundle.digest() === deployment.sha256;
    if (!isWhole) await bundle.restart();
    await bundle.close();
    return isWhole ? bundle.path : undefined;
  }

  removeAll(): Promise<void> {
    return this.#removeBut(undefined);
  }

  async close(): Promise<void> {
    await this.#bundle?.close();
  }

  async #removeBut(path: string | undefined): Promise<void> {
    await this.#bundle?.close();
    this.#bundle = undefined;
    for (const name of await readdir(this.#directory)) {
      const file = join(this.#directory, name);
      if (NAME.test(name) && file !== path) await rm(file, { force: true });
    }
  }
}
