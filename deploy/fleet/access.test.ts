import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FleetApi } from './access.ts';
import { run } from './testing/run.ts';

async function answering(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const clientOf = (url: string) => new FleetApi(new URL(url), systemClock, new AbortController().signal);

describe('an API', () => {
  it('that is not there is named, with what to do', async () => {
    const { error } = await run('images', {}, { api: 'http://127.0.0.1:9' });
    expect(error).toMatchObject({ code: 'API_UNREACHABLE', message: expect.stringMatching(/127\.0\.0\.1:9.*--api/) });
  });

  it('whose address is none is wrong usage', async () => {
    expect((await run('images', { api: 'ftp://x' }, { api: '' })).error).toMatchObject({ code: 'USAGE' });
  });

  it('says what is wrong in its own words and by its own code', async () => {
    const url = await answering((_, response) => {
      response.writeHead(409, { 'content-type': 'application/problem+json' });
      response.end('{"code": "IMAGE_DIFFERS", "title": "Differs", "detail": "agent/1.5.0 is there already."}');
    });
    await expect(clientOf(url).get('images')).rejects.toMatchObject({
      code: 'IMAGE_DIFFERS',
      message: 'agent/1.5.0 is there already.',
    });
  });

  it('that is another program is told from one of ours', async () => {
    const url = await answering((_, response) => response.end('<html>'));
    await expect(clientOf(url).get('images')).rejects.toMatchObject({ code: 'API_REFUSED' });
  });

  it('may stand behind a path', async () => {
    const asked: (string | undefined)[] = [];
    const url = await answering((request, response) => {
      asked.push(request.url);
      response.end('{}');
    });
    await clientOf(`${url}/behind/`).get('images');
    expect(asked).toEqual(['/behind/api/fleet/images']);
  });
});

describe('an upload', () => {
  it('that is refused before its end says why', async () => {
    const url = await answering((_, response) => {
      response.writeHead(413, { 'content-type': 'application/problem+json', connection: 'close' });
      response.end('{"code": "BODY_TOO_LARGE", "detail": "That is too much."}');
    });
    const file = new URL(import.meta.url).pathname;
    await expect(clientOf(url).upload('bundles/x', file, 5_000_000, () => {})).rejects.toMatchObject({
      code: 'BODY_TOO_LARGE',
    });
  });
});
