import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { DeadLetterList, RedriveOutcome } from './shapes.ts';
import { type OpenApi, openApi, openApiOver } from './testing/open.ts';
import { addDeadLetter } from './testing/seed.ts';

let api: OpenApi;
const redriven: number[] = [];
const swept: [string, number][] = [];
let outcome: RedriveOutcome = { outcome: 'counted' };

beforeAll(async () => {
  api = await openApi({
    redrive: {
      async one(id) {
        redriven.push(id);
        return id < 99 ? outcome : undefined;
      },
      async ofReason(reason, after) {
        swept.push([reason, after]);
        return { counted: 3, stillRefused: 1, next: after < 50 ? 50 : null };
      },
    },
  });
  await addDeadLetter(api.store, { sequenceNumber: 10 });
  await addDeadLetter(api.store, { sequenceNumber: 11, reason: 'unknown-region' });
  await addDeadLetter(api.store, { sequenceNumber: 12, redriven: true });
  await addDeadLetter(api.store, { sequenceNumber: 13 });
});

afterAll(() => api.close());

async function deadLetters(query = ''): Promise<DeadLetterList> {
  return (await api.app.inject(`/api/dead-letters${query}`)).json();
}

describe('the dead letters', () => {
  it('are those not re-driven yet, with reason, position and a sample, counted by reason', async () => {
    const list = await deadLetters();
    expect(list.deadLetters[0]).toEqual({
      id: '1',
      reason: 'invalid-json',
      detail: 'the body is no JSON',
      receivedAt: '2026-01-01T00:00:01.000Z',
      imsi: '295000000000007',
      source: { partition: '2', sequenceNumber: 10 },
      sample: '{"pref":',
    });
    expect(list.deadLetters.map(({ id }) => id)).toEqual(['1', '2', '4']);
    expect([list.counts, list.next]).toEqual([{ 'invalid-json': 2, 'unknown-region': 1 }, null]);
  });

  it('may be those of one reason, page by page', async () => {
    const first = await deadLetters('?reason=invalid-json&limit=1');
    const second = await deadLetters(`?reason=invalid-json&limit=1&after=${first.next}`);
    expect([first.deadLetters.map(({ id }) => id), first.next]).toEqual([['1'], '1']);
    expect([second.deadLetters.map(({ id }) => id), second.next]).toEqual([['4'], null]);
    expect(second.counts).toEqual({ 'invalid-json': 2, 'unknown-region': 1 });
  });

  it('may come newest first, page by page', async () => {
    const first = await deadLetters('?order=newest&limit=2');
    const second = await deadLetters(`?order=newest&limit=2&after=${first.next}`);
    expect([first.deadLetters.map(({ id }) => id), first.next]).toEqual([['4', '2'], '2']);
    expect([second.deadLetters.map(({ id }) => id), second.next]).toEqual([['1'], null]);
  });

  it('show the first 1,024 bytes as text, without half a character at the cut', async () => {
    const body = Buffer.from(`a${'東'.repeat(400)}`); // byte 1,024 is the first of a character
    const id = await addDeadLetter(api.store, { sequenceNumber: 20, body });
    const broken = await addDeadLetter(api.store, { sequenceNumber: 21, body: Buffer.from([0xff, 0x00, 0x41, 0xe6]) });
    const { deadLetters: found } = await deadLetters('?after=4');
    expect(found.find((each) => each.id === id)?.sample).toBe(`a${'東'.repeat(341)}`);
    expect(found.find((each) => each.id === broken)?.sample).toBe('\ufffd\u0000A\ufffd');
  });

  it('show the payload where what Funnel puts around it would take the most of the sample', async () => {
    const head = `{"operatorId":"OP1","timestamp":1,"destination":${JSON.stringify('x'.repeat(300))},`;
    const payload = `"payloads":{"pref":"99","text":"${'東'.repeat(500)}"}}`;
    const long = await addDeadLetter(api.store, { sequenceNumber: 22, body: Buffer.from(head + payload) });
    const short = await addDeadLetter(api.store, { sequenceNumber: 23, body: Buffer.from(`${head}"payloads":1}`) });
    const first = await addDeadLetter(api.store, { sequenceNumber: 24, body: Buffer.from(`{${payload}`) });
    const { deadLetters: found } = await deadLetters('?after=4');
    const sample = (id: string) => found.find((each) => each.id === id)!.sample;
    expect(sample(long)).toBe(`…"payloads":{"pref":"99","text":"${'東'.repeat(330)}`);
    expect(sample(short)).toBe(`${head}"payloads":1}`);
    expect(sample(first)).toMatch(/^\{"payloads"/);
  });

  it('can be had byte for byte, also when they have been counted', async () => {
    const body = Buffer.from([0xff, 0x00, 0x41, 0xe6]);
    const id = await addDeadLetter(api.store, { sequenceNumber: 30, body, redriven: true });
    const answer = await api.app.inject(`/api/dead-letters/${id}/body`);
    expect([answer.statusCode, answer.headers['content-type'], answer.rawPayload]).toEqual([
      200,
      'application/octet-stream',
      body,
    ]);
    expect(answer.headers['content-disposition']).toBe(`attachment; filename="dead-letter-${id}"`);
    expect((await api.app.inject('/api/dead-letters/999/body')).statusCode).toBe(404);
    expect((await api.app.inject('/api/dead-letters/x/body')).statusCode).toBe(400);
  });

  it('are counted right whatever becomes of them', async () => {
    const before = (await deadLetters()).counts;
    await api.store.script(`
      UPDATE dead_letter SET reason = 'invalid-time' WHERE id = 2;
      UPDATE dead_letter SET redriven_at = now() WHERE id = 1;
      DELETE FROM dead_letter WHERE id = 4;`);
    const { 'unknown-region': _, ...rest } = before;
    expect((await deadLetters()).counts).toEqual({
      ...rest,
      'invalid-json': before['invalid-json']! - 2,
      'invalid-time': 1,
    });
    const [counted] = await api.store.query(
      `SELECT count(*) = (SELECT sum(open) FROM dead_letter_counts) AS open FROM dead_letter WHERE redriven_at IS NULL`,
    );
    expect(counted).toEqual({ open: true });
  });

  it.each([
    ['reason=bad-luck', 'reason'],
    ['order=best', 'order'],
    ['after=-1', 'after'],
    ['after=1e3', 'after'],
    [`after=${'9'.repeat(16)}`, 'after'],
  ])('are refused for ?%s', async (query, parameter) => {
    expect(await deadLetters(`?${query}`)).toMatchObject({ status: 400, parameter });
  });
});

describe('re-driving those of a reason', () => {
  const redrive = (query: string) => api.app.inject({ method: 'POST', url: `/api/dead-letters/redrive${query}` });

  it('tells how many were counted, and where to go on', async () => {
    const first = await redrive('?reason=unknown-region');
    expect([first.statusCode, first.json()]).toEqual([200, { counted: 3, stillRefused: 1, next: '50' }]);
    expect((await redrive('?reason=unknown-region&after=50')).json()).toMatchObject({ next: null });
    expect(swept).toEqual([
      ['unknown-region', 0],
      ['unknown-region', 50],
    ]);
  });

  it.each([
    ['', 'reason'],
    ['?reason=bad-luck', 'reason'],
    ['?reason=invalid-json&after=-1', 'after'],
  ])('is refused for %j', async (query, parameter) => {
    const answer = await redrive(query);
    expect([answer.statusCode, answer.json()]).toMatchObject([400, { parameter }]);
  });
});

describe('re-driving a dead letter', () => {
  const redrive = (id: string, options: object = {}) =>
    api.app.inject({ method: 'POST', url: `/api/dead-letters/${id}/redrive`, ...options });

  it('tells what came of it', async () => {
    redriven.length = 0;
    outcome = { outcome: 'counted' };
    expect((await redrive('2')).json()).toEqual({ outcome: 'counted' });
    outcome = { outcome: 'still-refused', reason: 'unknown-region', detail: 'pref is "Gondor".' };
    const answer = await redrive('1');
    expect([answer.statusCode, answer.json()]).toEqual([200, outcome]);
    expect(redriven).toEqual([2, 1]);
  });

  it('finds only what there is', async () => {
    expect((await redrive('99')).statusCode).toBe(404);
    expect((await redrive('9'.repeat(15))).statusCode).toBe(404);
    expect((await redrive('9'.repeat(16))).statusCode).toBe(400);
    expect((await redrive('x')).statusCode).toBe(400);
  });

  it.each([
    ['nothing', {}],
    ['JSON', { payload: { a: 1 } }],
    ['what is no JSON', { payload: '{', headers: { 'content-type': 'application/json' } }],
    ['an empty body said to be JSON', { headers: { 'content-type': 'application/json' } }],
    ['a form', { payload: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['bytes of no known type', { payload: 'x', headers: { 'content-type': 'chemical/x-pdb; a="b"' } }],
  ])('takes no notice of a body that is %s', async (_body, options) => {
    outcome = { outcome: 'counted' };
    expect((await redrive('1', options)).statusCode).toBe(200);
  });

  it('refuses a content type that is none, and a body too large', async () => {
    const none = await redrive('1', { payload: 'x', headers: { 'content-type': ';;;' } });
    expect([none.statusCode, none.json().code]).toEqual([415, 'MEDIA_TYPE_UNSUPPORTED']);
    const large = await redrive('1', { payload: 'x'.repeat(70_000), headers: { 'content-type': 'text/plain' } });
    expect(large.json()).toMatchObject({
      ...{ status: 413, code: 'BODY_TOO_LARGE' },
      detail: 'A body may have 65536 bytes here; nothing was changed.',
    });
  });

  it('is not for other web pages', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:9999', host: 'localhost:8080' },
      { 'sec-fetch-site': 'cross-site' },
    ]) {
      const answer = await redrive('1', { headers });
      expect([answer.statusCode, answer.json().code]).toEqual([403, 'ORIGIN_REFUSED']);
    }
    expect(
      (await redrive('1', { headers: { origin: 'http://localhost:8080', host: 'localhost:8080' } })).statusCode,
    ).toBe(200);
  });

  it('gives nothing away of an error that nobody foresaw, and leaves all of it in the log', async () => {
    const lines: string[] = [];
    const logger = pino({ level: 'error' }, { write: (line: string) => lines.push(line) });
    const one = () => Promise.reject(new ReferenceError('letter is not defined'));
    const app = await openApiOver(api.store, { logger, redrive: { one, ofReason: one } });
    onTestFinished(() => app.close());
    const answer = await app.inject({ method: 'POST', url: '/api/dead-letters/1/redrive' });
    expect([answer.statusCode, answer.json().code]).toEqual([500, 'INTERNAL']);
    expect(answer.body).not.toContain('letter is not defined');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { err: { message: 'letter is not defined', stack: expect.stringContaining('dead-letters.test.ts') } },
    ]);
  });
});
