import { describe, expect, it } from 'vitest';
import { readLineAnswer } from './line-answer.ts';
import { judgeUnified } from './unified-verdict.ts';

const answer = (status: number, document: unknown) => ({
  status,
  contentType: 'application/json',
  body: typeof document === 'string' ? document : JSON.stringify(document),
});
const detail = (funnel: number, more: object = {}) => ({
  result: 'ok',
  detail: { funnel: { statusCode: funnel, body: '' }, ...more },
});

describe("an answer of SORACOM's unified endpoint", () => {
  it.each([
    ['Funnel alone behind it, and accepting', answer(204, '')],
    ['all of several destinations', answer(200, detail(204, { harvest: { statusCode: 201, body: '' } }))],
    ['Funnel, though another destination failed', answer(207, detail(204, { harvest: { statusCode: 400, body: '' } }))],
    ['the same with the status inside', answer(200, { statusCode: 200, body: detail(204) })],
  ])('is accepted by %s', (_who, given) => {
    expect(judgeUnified(given)).toEqual({ kind: 'accepted' });
  });

  it.each([
    ['Harvest alone', answer(201, '')],
    ['several destinations without Funnel', answer(200, { result: 'ok', detail: { harvest: { statusCode: 201 } } })],
    ['Funnel failing among several', answer(207, detail(500))],
    ['a body that names no status', answer(200, { detail: { funnel: 'ok' } })],
    ['a custom text', answer(200, 'OK')],
    ["a captive portal's page", { status: 200, contentType: 'text/html', body: '<html>Log in</html>' }],
    ['a service that is away', answer(503, '')],
  ])('proves nothing from %s: the post is sent again', (_who, given) => {
    expect(judgeUnified(given)).toMatchObject({ kind: 'failed', heard: true });
  });

  it('is a refusal where Funnel itself refused', () => {
    const given = answer(207, { detail: { funnel: { statusCode: 413, body: 'Maximum content-length is: 800000' } } });
    expect(judgeUnified(given)).toMatchObject({ kind: 'refused', reason: expect.stringContaining('Maximum') });
  });

  it('may come over TCP in pieces, and is read when it is whole', () => {
    const text = JSON.stringify({ statusCode: 200, body: detail(204) });
    for (let length = 1; length < text.length; length++)
      expect(readLineAnswer(text.slice(0, length), false, 'unified'), text.slice(0, length)).toBeUndefined();
    expect(readLineAnswer(text, false, 'unified')).toEqual({ kind: 'accepted' });
    expect(readLineAnswer(text.slice(0, -1), true, 'unified')).toMatchObject({ kind: 'failed' });
    expect(readLineAnswer(text, false, 'funnel')).toMatchObject({ kind: 'failed' });
  });
});
