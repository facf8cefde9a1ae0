import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Answer, type Installed, Updater } from './updater.ts';

const BASE = '/tashika/controller/v1/gate-7';
const BUNDLE = Buffer.from('a bundle');

/** A server that answers by path, and what it was told. */
let answers: Record<string, unknown>;
let told: string[];
let installed: Installed[];
let updater: Updater;
/** What keeps the device from installing. */
let trouble: Error | undefined;

beforeEach(() => {
  trouble = undefined;
  told = [];
  installed = [];
  answers = {
    [BASE]: base({ deploymentBase: `${BASE}/deploymentBase/5` }),
    [`${BASE}/deploymentBase/5`]: deployment(),
    '/bundle': BUNDLE,
  };
  updater = new Updater(
    {
      ...{ tenant: 'tashika', controllerId: 'gate-7', attributes: () => ({ board: 'rpi4' }) },
      install: (each) => {
        if (trouble) throw trouble;
        installed.push(each);
      },
    },
    async (method, path, body) => {
      if (method !== 'GET')
        told.push(body && 'status' in body ? said(body) : `${method} ${path} ${JSON.stringify(body)}`);
      return answerOf(method === 'GET' ? answers[path] : '');
    },
  );
});

function answerOf(content: unknown): Answer {
  if (content === undefined) return { status: 404, body: Buffer.from('{"detail":"There is nothing."}') };
  if (typeof content === 'number') return { status: content, body: Buffer.alloc(0) };
  return { status: 200, body: Buffer.isBuffer(content) ? content : Buffer.from(JSON.stringify(content)) };
}

function said(body: object): string {
  const { status } = body as { status: { execution: string; result: { finished: string } } };
  return `${status.execution}/${status.result.finished}`;
}

function base(links: Record<string, string>) {
  const absolute = Object.entries(links).map(([name, path]) => [name, { href: `http://beam.example:18080${path}` }]);
  return { config: { polling: { sleep: '01:02:03' } }, _links: Object.fromEntries(absolute) };
}

function deployment(parts: object = {}) {
  const hashes = { sha256: createHash('sha256').update(BUNDLE).digest('hex') };
  const artifacts = [
    { size: BUNDLE.length, hashes, _links: { 'download-http': { href: 'http://beam.example/bundle' } } },
  ];
  const chunks = [{ part: 'bApp', name: 'agent', version: '1.5.0', artifacts }];
  return { id: '5', deployment: { download: 'attempt', update: 'attempt', chunks, ...parts } };
}

describe('a simulated updater', () => {
  it('downloads, checks, installs and says so, and comes back when it is told to', async () => {
    expect(await updater.poll()).toBe(3_723_000);
    expect(installed).toEqual([{ version: '1.5.0', bundle: BUNDLE }]);
    expect(told).toEqual(['download/none', 'downloaded/none', 'proceeding/none', 'closed/success']);
  });

  it('installs once, and says so again where the server has not heard it', async () => {
    await updater.poll();
    told = [];
    await updater.poll();
    expect(installed).toHaveLength(1);
    expect(told).toEqual(['closed/success']);
  });

  it('tells of an installation that fails', async () => {
    trouble = new Error('No space left.');
    await updater.poll();
    expect(told).toEqual(['download/none', 'downloaded/none', 'proceeding/none', 'closed/failure']);
  });

  it('tells of its device when it is asked to', async () => {
    answers[BASE] = base({ configData: `${BASE}/configData` });
    await updater.poll();
    expect(told).toEqual([`PUT ${BASE}/configData {"mode":"merge","data":{"board":"rpi4"}}`]);
  });

  it('installs nothing that is not what was announced', async () => {
    answers['/bundle'] = Buffer.from('another');
    await updater.poll();
    expect(installed).toEqual([]);
    expect(told.at(-1)).toBe('closed/failure');
  });

  it('waits for its maintenance window, and for the bytes of another day', async () => {
    answers[`${BASE}/deploymentBase/5`] = deployment({ update: 'skip' });
    await updater.poll();
    answers[`${BASE}/deploymentBase/5`] = deployment();
    answers['/bundle'] = 429;
    await updater.poll();
    expect(installed).toEqual([]);
    answers['/bundle'] = BUNDLE;
    await updater.poll();
    expect(installed).toHaveLength(1);
  });

  it('lets go of what is cancelled, unless it is done', async () => {
    answers[BASE] = base({ cancelAction: `${BASE}/cancelAction/5` });
    answers[`${BASE}/cancelAction/5`] = { id: '5', cancelAction: { stopId: '5' } };
    await updater.poll();
    expect(told).toEqual(['closed/success']);
    answers[BASE] = base({ deploymentBase: `${BASE}/deploymentBase/5` });
    await updater.poll();
    answers[BASE] = base({ cancelAction: `${BASE}/cancelAction/5` });
    await updater.poll();
    expect(told.at(-1)).toBe('rejected/success');
  });

  it('fails with what the server says', async () => {
    delete answers[`${BASE}/deploymentBase/5`];
    await expect(updater.poll()).rejects.toThrow(/answered 404: There is nothing/);
  });
});
