import { decodeEvent } from '@tashika/shared/funnel';
import { describe, expect, it } from 'vitest';
import { simOf } from '../sims/index.ts';
import { type Arrival, eventOf } from './event.ts';
import { type FunnelGroup, STANDARD_GROUP } from './group.ts';

const AT = 1_653_891_795_421;

function arrival(body: string | Buffer, group: Partial<FunnelGroup> = {}): Arrival {
  return {
    sim: simOf('127.0.0.1')!,
    group: { ...STANDARD_GROUP, ...group },
    protocol: 'http',
    body: Buffer.from(body as string),
    at: AT,
  };
}

function textOf(arrived: Arrival): string {
  const opened = eventOf(arrived);
  if ('refusal' in opened) throw new Error(`refused: ${opened.refusal.reason}`);
  return opened.event.toString();
}

describe("Funnel's envelope", () => {
  it("is SORACOM's, field by field", () => {
    expect(textOf(arrival('{"pref":"13"}'))).toBe(
      '{"operatorId":"OP0012345678","timestamp":1653891795421,"destination":{"provider":"azure","service":"eventhubs","resourceUrl":"https://local.servicebus.windows.net/telemetry/messages","payloadsOnly":false},"credentialsId":"azure-eh","payloads":{"pref":"13"},"sourceProtocol":"http","imsi":"295000000000001","imei":"860000000000001"}',
    );
  });

  it.each([
    '{"v":1e400}',
    '{"v":9007199254740993}',
    '{"v":-0.0,"v":1.50}',
    '{"a": [ 1,\n2 ]}',
    '{"t":"\\u3042$&$1"}',
    '"payload"',
    '[1,2]',
    'null',
    ' 13 ',
  ])('carries %s character for character', (payload) => {
    expect(textOf(arrival(payload))).toContain(`"payloads":${payload},"sourceProtocol"`);
  });

  it('is opened by the cloud', () => {
    const decoded = decodeEvent(textOf(arrival('{"pref":"東京都"}')), AT + 50);
    expect(decoded).toEqual({
      ok: true,
      value: { imsi: '295000000000001', imei: '860000000000001', timestamp: AT, payload: { pref: '東京都' } },
    });
  });

  it.each(['text', 'unspecified'] as const)('carries a payload of content type %s as a string', (contentType) => {
    expect(JSON.parse(textOf(arrival('{"pref":"13"}', { contentType }))).payloads).toBe('{"pref":"13"}');
    expect(JSON.parse(textOf(arrival('not "JSON"\n', { contentType }))).payloads).toBe('not "JSON"\n');
  });

  it('carries a binary payload as base64', () => {
    const bytes = Buffer.from([0, 255, 34]);
    expect(JSON.parse(textOf(arrival(bytes, { contentType: 'binary' }))).payloads).toBe(bytes.toString('base64'));
  });

  it('is left off where the group sends payloads only', () => {
    expect(textOf(arrival('{"v":1e400}', { payloadsOnly: true }))).toBe('{"v":1e400}');
  });

  it('names the SIM id where the group asks for it', () => {
    expect(JSON.parse(textOf(arrival('{}', { addSimId: true }))).simId).toBe('8981295000000000001');
  });
});

describe("Funnel's JSON check", () => {
  it.each([
    ['nothing', ''],
    ['half an object', '{"pref":'],
    ['two documents', '{"a":1}{"b":2}'],
    ['a byte order mark', '\uFEFF{}'],
    ['NaN', '{"v":NaN}'],
    ['bytes that are not UTF-8', Buffer.from([0x22, 0xff, 0x22])],
    ['a very deep beginning', '['.repeat(400_000)],
  ])('refuses %s', (_name, body) => {
    expect(eventOf(arrival(body))).toEqual({ refusal: { reason: 'invalid-json' } });
  });
});
