import type { ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { BUNDLE, UpdateScene } from './testing/update-scene.ts';

const scene = UpdateScene.forEachTest();
const MINUTE = 60_000;
const PAGE = '<html><body>Please accept our terms.</body></html>';

describe('a download', () => {
  const range = (from: number, to: number, whole: number | '*' = BUNDLE.length) => `bytes ${from}-${to}/${whole}`;

  it.each<[string, (response: ServerResponse, from: number) => unknown]>([
    ['a page', (response) => response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE)],
    ['a page that says nothing of itself', (response) => response.writeHead(200).end(PAGE)],
    ['the way to a page', (response) => response.writeHead(302, { location: 'http://portal.example/' }).end()],
    ['a 404 that is a page', (response) => response.writeHead(404, { 'content-type': 'text/html' }).end(PAGE)],
    ['a 416', (response) => response.writeHead(416).end()],
    [
      'a piece of a larger file',
      (response, from) =>
        response.writeHead(206, { 'content-range': range(from, from + 9, 10_000) }).end(Buffer.alloc(10)),
    ],
    ['a piece that says nothing of its place', (response) => response.writeHead(206).end(Buffer.alloc(10))],
    [
      'a piece that is packed',
      (response, from) =>
        response
          .writeHead(206, { 'content-range': range(from, from + 9), 'content-encoding': 'gzip' })
          .end(Buffer.alloc(10)),
    ],
  ])('that is answered with %s keeps what is here, and goes on when the bundle comes again', async (_what, answers) => {
    scene.offered('7');
    scene.disturbPieces((piece, from, response) => {
      if (piece !== 1 && (piece < 6 || piece > 8)) return false;
      answers(response, from);
      return true;
    });
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.askedFrom.slice(0, 6)).toEqual([0, 0, 1_024, 2_048, 3_072, 4_096]);
    expect(scene.askedFrom.filter((from) => from === 0)).toHaveLength(2);
  });

  it('that is answered with pages only is given up, and says what came', async () => {
    scene.offered('7');
    scene.disturbPieces((_piece, _from, response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
      return true;
    });
    await scene.device.update();
    expect([scene.downloads.length, scene.executions.at(-1)]).toEqual([24, 'closed failure']);
    expect(scene.lastDetail).toMatch(/in 24 attempts: the server sends text\/html in the place of the bundle/);
  });

  it('takes no more than it asked for, whatever a server sends: the day and the link are shared', async () => {
    scene.offered('7');
    scene.disturbPieces((_piece, from, response) => {
      response.writeHead(206, { 'content-range': range(from, BUNDLE.length - 1) }).end(BUNDLE.subarray(from));
      return true;
    });
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.askedFrom).toEqual([0, 1_024, 2_048, 3_072, 4_096, 5_120, 6_144, 7_168, 8_192, 9_216]);
  });

  it('begins anew, once, when pieces of another file come under another ETag, and ends with what was announced', async () => {
    scene.offered('7');
    const other = Buffer.from(BUNDLE.toReversed());
    scene.disturbPieces((piece, from, response) => {
      const bundle = piece < 4 ? other : BUNDLE;
      const part = bundle.subarray(from, from + 1_024);
      const etag = piece < 4 ? '"old"' : '"new"';
      response.writeHead(206, { etag, 'content-range': range(from, from + part.length - 1) }).end(part);
      return true;
    });
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.askedFrom.filter((from) => from === 0)).toHaveLength(2);
  });

  it('says that a server knows no ranges where that is what keeps it from an end', async () => {
    scene.offered('7');
    scene.disturbPieces((_piece, _from, response) => {
      response.writeHead(200, { 'content-length': BUNDLE.length });
      response.write(BUNDLE.subarray(0, 4_000), () => response.destroy());
      return true;
    });
    await scene.device.update();
    expect(scene.lastDetail).toMatch(/whole bundle where a part of it was asked for/);
    expect(scene.downloads.length).toBeLessThan(6);
  });
});

describe('a poll', () => {
  it('comes back no sooner than the server says when it refuses', async () => {
    scene.offered('7');
    const polls: number[] = [];
    const stop = new AbortController();
    scene.server.disturb = ({ method }, response) => {
      if (method !== 'GET') return false;
      polls.push(scene.device.clock.monotonic());
      if (polls.length > 2) stop.abort();
      response.writeHead(429, { 'retry-after': '7200' }).end();
      return true;
    };
    await scene.device.update(stop.signal, false);
    expect(polls.slice(1).map((at, index) => at - polls[index]!)).toEqual([120 * MINUTE, 120 * MINUTE]);
  });

  it('tells nothing anew of a device whose agent has yet to start', async () => {
    scene.offered('7');
    scene.server.offer = undefined;
    await scene.device.update();
    const { clock } = scene.device;
    clock.bootId = '22222222-2222-3333-4444-555555555555';
    scene.device.agentSays = () => undefined;
    await scene.device.update();
    expect(scene.server.attributes).toHaveLength(1);
  });

  it('brings an update although the server takes no word of the device', async () => {
    scene.offered('7');
    scene.server.disturb = ({ method }, response) => {
      if (method !== 'PUT') return false;
      response.writeHead(500).end();
      return true;
    };
    await scene.device.update();
    expect(scene.executions.at(-1)).toBe('closed success');
    expect(scene.device.said).toContain('the update server takes no word of what this device is');
  });

  it('reads no more of an answer than an answer can be long', async () => {
    scene.offered('7');
    let sent = 0;
    let cut = false;
    let isCut: Promise<void> | undefined;
    scene.server.disturb = ({ method }, response) => {
      if (method !== 'GET') return false;
      isCut = new Promise((resolve) => {
        response.on('close', () => {
          cut = true;
          resolve();
        });
      });
      const more = () => {
        while (!cut && response.write(`"${'x'.repeat(65_533)}",`)) sent += 65_536;
      };
      response.writeHead(200, { 'content-type': 'application/json' }).write('[');
      response.on('drain', more);
      more();
      return true;
    };
    expect(await scene.device.update()).toBe(false);
    await isCut;
    expect(sent).toBeLessThan(16 * 1_048_576);
  });

  it.each([405, 413, 422])('drops word of an action that is never taken (%i)', async (status) => {
    scene.offered('7');
    scene.server.disturb = (request, response) => {
      if (!request.url?.includes('/feedback')) return false;
      response.writeHead(status).end();
      return true;
    };
    await scene.device.update();
    expect(scene.device.state.outbox).toEqual([]);
  });
});
