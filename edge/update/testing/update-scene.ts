import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach } from 'vitest';
import type { ScriptedImage } from './scripted-slots.ts';
import { type OfferedUpdate, startUpdateServer, type UpdateServer } from './update-server.ts';
import { UpdatingDevice } from './updating-device.ts';

/** Ten pieces, the last one shorter. */
export const BUNDLE = Buffer.from(Array.from({ length: 9_500 }, (_, index) => (index * 31) % 251));
export const GOOD: ScriptedImage = { compatible: 'test-board', version: '2.0.0' };

/** A server, a device, and what the one was asked and told by the other: new ones for each test. */
export class UpdateScene {
  server!: UpdateServer;
  device!: UpdatingDevice;

  /** Called once in a file or a `describe`. */
  static forEachTest(): UpdateScene {
    const scene = new UpdateScene();
    beforeEach(async () => {
      scene.server = await startUpdateServer();
    });
    afterEach(async () => {
      scene.device.remove();
      await scene.server.close();
    });
    return scene;
  }

  /** Offers an image to a device that is new. */
  offered(id: string, more: Partial<OfferedUpdate> = {}, image: ScriptedImage = GOOD): OfferedUpdate {
    this.device = new UpdatingDevice(this.server.url, image);
    const offer: OfferedUpdate = { id, version: image.version, bundle: BUNDLE, ...more };
    this.server.offer = offer;
    return offer;
  }

  get executions(): readonly string[] {
    return this.server.told.map(({ execution, finished }) => `${execution} ${finished}`);
  }

  get lastDetail(): string | undefined {
    return this.server.told.at(-1)?.details.at(-1);
  }

  /** Names of the bundles on the device's disk. */
  get bundles(): readonly string[] {
    return readdirSync(this.device.directory).filter((name) => name.endsWith('.raucb'));
  }

  /** Requests for pieces of a bundle. */
  get downloads(): readonly string[] {
    return this.server.requests.filter((each) => each.includes('/artifacts/'));
  }

  /** The first bytes that were asked for. */
  get askedFrom(): readonly number[] {
    return this.downloads.map((each) => Number(/bytes=(\d+)-/.exec(each)?.[1] ?? 0));
  }

  /** Answers requests for a piece, the first one being 1, in the place of the server where `disturb` returns true. */
  disturbPieces(disturb: (piece: number, from: number, response: ServerResponse) => boolean): void {
    let pieces = 0;
    this.server.disturb = ({ url, headers }, response) =>
      url?.includes('/artifacts/') === true &&
      disturb(++pieces, Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1] ?? 0), response);
  }
}
