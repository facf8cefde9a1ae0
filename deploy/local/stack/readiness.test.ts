import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Clock, TestClock } from '@tashika/shared/time';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answering } from './readiness.ts';

const BEGUN = Date.UTC(2026, 0, 31, 12, 0, 0);

/** A health endpoint that gives these answers one after the other, and the last for ever. */
async function healthOf(...answers: readonly (readonly [status: number, body: unknown])[]): Promise<string> {
  let given = 0;
  const server = createServer((_request, response) => {
    const [status, body] = answers[Math.min(given++, answers.length - 1)]!;
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/health`;
}

/** A clock on which every sleep is over at once, as long as it was. */
function hasteful(): Clock {
  const clock = new TestClock(BEGUN);
  return Object.assign(clock, { sleep: (ms: number) => clock.advance(ms) });
}

function waitFor(url: string): Promise<void> {
  return answering({ name: 'cloud', url, logFile: '/data/logs/cloud.log', clock: hasteful(), withinMs: 60_000 });
}

function troubled(code: string, since: number) {
  const worker = { status: 'troubled', since: new Date(since).toISOString(), trouble: { code, message: 'not these' } };
  return [503, { status: 'failing', worker }] as const;
}

describe('waiting for a part', () => {
  it('ends once it answers with success', async () => {
    const url = await healthOf([503, 'Service Unavailable'], [200, { status: 'ok' }]);
    await expect(waitFor(url)).resolves.toBeUndefined();
  });

  it('tells at its end what was the matter, and where the log is', async () => {
    const url = await healthOf(troubled('EVENT_HUBS_UNREACHABLE', BEGUN));
    await expect(waitFor(url)).rejects.toMatchObject({
      code: 'PROGRAM_ENDED',
      message: `cloud is not ready after 60 s: ${url} gave status 503 (EVENT_HUBS_UNREACHABLE: not these). Its log: /data/logs/cloud.log`,
    });
  });

  it('tells the status where the answer does not say what is the matter', async () => {
    const url = await healthOf([503, 'Service Unavailable']);
    await expect(waitFor(url)).rejects.toThrow('gave status 503. Its log: /data/logs/cloud.log');
  });

  it.each(['STORE_OF_ANOTHER_HUB', 'STORE_OF_OTHER_WINDOWS', 'HUB_REPLACED'])(
    'fails with %s as soon as it is told',
    async (code) => {
      // It would answer well the next time: whoever waits on does not fail.
      const url = await healthOf(troubled(code, BEGUN), [200, { status: 'ok' }]);
      await expect(waitFor(url)).rejects.toMatchObject({
        code,
        message: "cloud can't count: not these. Its log: /data/logs/cloud.log",
      });
    },
  );

  it('does not take the trouble of a worker before it for that of this start', async () => {
    const url = await healthOf(troubled('STORE_OF_OTHER_WINDOWS', BEGUN - 1_000), [200, { status: 'ok' }]);
    await expect(waitFor(url)).resolves.toBeUndefined();
  });
});
