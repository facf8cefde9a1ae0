import { request } from 'undici';
import { describe, expect, it } from 'vitest';
import { type Pipeline, startPipeline, until } from '../rig/index.ts';

const STREAM = { v: 1, pref: '13', stream: 'badinput', seq: 1, held: 0, pack: [{ n: 'a', v: 1 }] };

/** Posts as SIM 127.1.9.9, which has nothing but bad luck. */
async function post(pipeline: Pipeline, body: string | Buffer, contentType = 'application/json') {
  const answer = await request(`http://127.0.0.1:${pipeline.funnel.httpPort}/`, {
    method: 'POST',
    headers: { 'content-type': contentType },
    body,
  });
  return { status: answer.statusCode, body: await answer.body.text() };
}

describe('bad input', () => {
  it('gets the clear answer or the dead letter that is its due, and stops nothing else', async () => {
    const pipeline = await startPipeline();

    // What Funnel refuses never becomes an event.
    expect(await post(pipeline, '{"pref":"13"')).toEqual({
      status: 400,
      body: '{"message":"Invalid JSON is send to funnel."}',
    });
    expect(await post(pipeline, '{"v":NaN}')).toMatchObject({ status: 400 });
    expect(await post(pipeline, '<a/>', 'image/png')).toMatchObject({ status: 415 });
    expect(await post(pipeline, Buffer.alloc(800_001, ' '))).toEqual({
      status: 413,
      body: 'Maximum content-length is: 800000',
    });

    // What Funnel lets through and cannot be counted is kept, with its reason.
    const refused: Record<string, readonly string[]> = {
      'not-an-object': ['[1,2]', '13'],
      'unknown-region': ['{"pref":"Gondor"}', '{}'],
      'unsupported-version': ['{"v":7,"pref":"13"}'],
      'invalid-value': [
        '{"v":1,"pref":"13","stream":"badinput","seq":1,"pack":[{"n":"a","v":1e400}]}',
        JSON.stringify({ ...STREAM, pack: [{ n: 'a', v: 'NaN' }] }),
      ],
      'invalid-sequence': [JSON.stringify({ ...STREAM, seq: 0 }), JSON.stringify({ ...STREAM, seq: -3 })],
      'invalid-lost': [JSON.stringify({ ...STREAM, lost: [[40, 12]] })],
      'invalid-pack': [JSON.stringify({ ...STREAM, pack: 'x' })],
      'event-too-early': [JSON.stringify({ ...STREAM, pack: [{ n: 'a', v: 1, t: Date.now() / 1000 + 3_600 }] })],
    };
    for (const body of Object.values(refused).flat())
      expect(await post(pipeline, body)).toEqual({ status: 204, body: '' });

    // A pack of 10,000 records is large, not bad: it counts.
    const large = {
      ...STREAM,
      stream: 'large',
      pref: '47',
      pack: Array.from({ length: 10_000 }, (_, v) => ({ n: 'a', v })),
    };
    expect(await post(pipeline, JSON.stringify(large))).toMatchObject({ status: 204 });
    // And so does the plain message that comes after all of this.
    expect(await post(pipeline, '{"pref":"北海道"}')).toMatchObject({ status: 204 });

    const windows = await until('the good posts among the bad', async () => {
      const seen = await pipeline.api.windows();
      return seen.reduce((sum, { readings }) => sum + readings, 0) >= 10_001 && seen;
    });
    expect(
      windows
        .map(({ region, readings, events }) => ({ region, readings, events }))
        .sort((a, b) => a.readings - b.readings),
    ).toEqual([
      { region: '01', readings: 1, events: 1 },
      { region: '47', readings: 10_000, events: 1 },
    ]);

    const expected = Object.fromEntries(Object.entries(refused).map(([reason, bodies]) => [reason, bodies.length]));
    const { counts, deadLetters } = await until('every dead letter', async () => {
      const answer = await pipeline.api.deadLetters('?limit=100');
      return (
        Object.values(answer.counts).reduce((sum, each) => sum + each, 0) >= Object.values(refused).flat().length &&
        answer
      );
    });
    expect(counts).toEqual(expected);
    // Each says in a sentence what was found, and keeps a sample of what came.
    for (const { detail, sample, imsi } of deadLetters) {
      expect(detail).toMatch(/\.$/);
      expect(sample).toContain('"payloads":');
      expect(imsi).toMatch(/^\d{15}$/);
    }
    // The early reading is not counted, and its stream has received nothing.
    const streams = (await pipeline.api.devices()).flatMap((device) => device.streams);
    expect(Object.fromEntries(streams.map(({ stream, received }) => [stream, received]))).toEqual({
      badinput: 0,
      large: 10_000,
    });
    expect(pipeline.cloud.running).toBe(true);
  });
});
