import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { askForIdentityToken } from './identity-endpoint.ts';

const RESOURCE = 'https://eventhubs.azure.net';

async function answering(status: number, body: unknown): Promise<{ url: string; asked: IncomingMessage[] }> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`, asked };
}

const ask = (url: string, clientId?: string) =>
  askForIdentityToken(
    { resource: RESOURCE, endpoint: { url, header: 'hush' }, ...(clientId !== undefined && { clientId }) },
    systemClock,
  );

describe("Azure's endpoint for managed identities", () => {
  it('is asked as Container Apps document it', async () => {
    const { url, asked } = await answering(200, { access_token: 'jwt', expires_on: '1767225600' });
    expect(await ask(url, 'client-1')).toEqual({ kind: 'token', token: 'jwt', expiresAt: 1_767_225_600_000 });
    const [request] = asked;
    const { searchParams } = new URL(request!.url!, url);
    expect(Object.fromEntries(searchParams)).toEqual({
      'api-version': '2019-08-01',
      resource: RESOURCE,
      client_id: 'client-1',
    });
    expect(request!.headers['x-identity-header']).toBe('hush');
  });

  it.each([
    ['a number', 1_767_225_600, 1_767_225_600_000],
    ['a date in words', '1/1/2026 00:00:00 +00:00', undefined],
    ['nothing', undefined, undefined],
  ])('may tell the end of a token as %s', async (_, expires_on, expiresAt) => {
    const { url } = await answering(200, { access_token: 'jwt', expires_on });
    expect(await ask(url)).toMatchObject({ kind: 'token', expiresAt });
  });

  it.each([429, 500, 503])('can be asked again after status %d', async (status) => {
    const { url } = await answering(status, 'busy');
    expect(await ask(url)).toMatchObject({ kind: 'unavailable', reason: `can't give a token now (status ${status})` });
  });

  it('can be asked again when nobody listens, and when its address is none', async () => {
    expect(await ask('http://127.0.0.1:1/')).toMatchObject({
      kind: 'unavailable',
      reason: expect.stringContaining('ECONNREFUSED'),
    });
    expect(await ask('nowhere')).toMatchObject({ kind: 'unavailable', place: expect.stringContaining('no URL') });
  });

  it.each([
    [{ message: 'Unable to load the proper\n Managed Identity.' }, 'Unable to load the proper Managed Identity.'],
    [{ error: 'invalid_request', error_description: 'Identity not found' }, 'Identity not found'],
    [{ message: 'x'.repeat(5000) }, 'x'.repeat(200)],
    ['<html>', ''],
    ['null', ''],
  ])('refuses in its own words: %j', async (body, reason) => {
    const { url } = await answering(400, body);
    expect(await ask(url)).toMatchObject({ kind: 'refused', status: 400, reason });
  });
});
