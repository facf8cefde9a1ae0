import { describe, expect, it } from 'vitest';
import { decodeEvent, type Envelope, encodeEnvelope } from './index.ts';

const ENQUEUED = 1653891796000;
const ENVELOPE: Envelope = {
  operatorId: 'OP0012345678',
  timestamp: 1653891795421,
  destination: {
    provider: 'azure',
    service: 'eventhubs',
    resourceUrl: 'https://ns.servicebus.windows.net/hub/messages',
    payloadsOnly: false,
  },
  credentialsId: 'azure-eh',
  payloads: { pref: '13' },
  sourceProtocol: 'http',
  imsi: '295000000000001',
  imei: '860000000000001',
};
const OPENED = { imsi: '295000000000001', imei: '860000000000001', timestamp: 1653891795421, payload: { pref: '13' } };

describe('an event', () => {
  it('in the envelope that Funnel writes is opened', () => {
    expect(decodeEvent(encodeEnvelope(ENVELOPE), ENQUEUED)).toEqual({ ok: true, value: OPENED });
    expect(decodeEvent(Buffer.from(encodeEnvelope(ENVELOPE)), ENQUEUED)).toEqual({ ok: true, value: OPENED });
  });

  it('has the fields of the published example, in its order', () => {
    expect(encodeEnvelope(ENVELOPE)).toBe(
      '{"operatorId":"OP0012345678","timestamp":1653891795421,"destination":{"provider":"azure","service":"eventhubs","resourceUrl":"https://ns.servicebus.windows.net/hub/messages","payloadsOnly":false},"credentialsId":"azure-eh","payloads":{"pref":"13"},"sourceProtocol":"http","imsi":"295000000000001","imei":"860000000000001"}',
    );
  });

  it('in the spelling of the schema, without imei, simId or payloadsOnly, is opened', () => {
    const { operatorId, credentialsId, imei: _imei, ...rest } = ENVELOPE;
    const other = { ...rest, operatorid: operatorId, credentialId: credentialsId, destination: { provider: 'azure' } };
    expect(decodeEvent(JSON.stringify(other), ENQUEUED)).toEqual({ ok: true, value: { ...OPENED, imei: null } });
  });

  it.each([
    ['text', '{"pref":"13"}'],
    ['base64', Buffer.from('{"pref":"13"}').toString('base64')],
  ])('whose payload came as %s is opened to the object inside', (_kind, payloads) => {
    expect(decodeEvent(JSON.stringify({ ...ENVELOPE, payloads }), ENQUEUED)).toEqual({ ok: true, value: OPENED });
  });

  it('without an envelope (payloadsOnly) has no SIM, and the time Event Hubs took it', () => {
    expect(decodeEvent('{"pref":"13"}', ENQUEUED)).toEqual({
      ok: true,
      value: { imsi: null, imei: null, timestamp: ENQUEUED, payload: { pref: '13' } },
    });
  });

  it('takes its time from Event Hubs where the envelope has none', () => {
    expect(decodeEvent('{"payloads":{"pref":"13"}}', ENQUEUED)).toMatchObject({
      ok: true,
      value: { timestamp: ENQUEUED },
    });
  });

  it.each([
    ['{"pref":"13"', 'invalid-json'],
    [Buffer.from([0xff, 0xfe]), 'invalid-json'],
    ['', 'invalid-json'],
    ['NaN', 'invalid-json'],
    ['[1]', 'not-an-object'],
    ['13', 'not-an-object'],
    ['null', 'not-an-object'],
    ['{"hello":1}', 'missing-payload'],
    [JSON.stringify({ ...ENVELOPE, payloads: 'hello' }), 'invalid-json'],
    [JSON.stringify({ ...ENVELOPE, timestamp: 'today' }), 'invalid-time'],
    ['{"timestamp":1e400,"payloads":{"pref":"13"}}', 'invalid-time'],
  ])('%s is refused as %s', (body, reason) => {
    expect(decodeEvent(body, ENQUEUED)).toMatchObject({ ok: false, reason });
  });
});
