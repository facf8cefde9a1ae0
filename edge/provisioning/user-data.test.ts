import { leavesOf } from '@tashika/shared/config';
import { describe, expect, it } from 'vitest';
import { edgeSchema } from '../config/index.ts';
import { hashOf, judge, MOST_USER_DATA_BYTES } from './index.ts';

const local = (file: Record<string, unknown> = {}, env: Record<string, string> = {}) => ({ file, env });

describe('user data', () => {
  it('are over the defaults and under the file and the environment', () => {
    const judged = judge(
      '{"uplink":{"batchAgeMs":1,"timeoutMs":1000,"retryFirstMs":11},"log":{"level":"warn"}}',
      local({ uplink: { timeoutMs: 2_000, retryFirstMs: 12 } }, { TASHIKA_EDGE_UPLINK_RETRY_FIRST_MS: '13' }),
    );
    expect(judged).toMatchObject({
      ok: true,
      configuration: {
        uplink: { batchAgeMs: 1, timeoutMs: 2_000, retryFirstMs: 13, retryMostMs: 60_000 },
        log: { level: 'warn' },
      },
    });
  });

  it("say where a SIM without a tag stands, and leave the device's own word alone", () => {
    expect(judge('{"region":"大阪"}', local())).toMatchObject({ ok: true, groupRegion: '大阪' });
    const own = judge('{"region":"27"}', local({ region: '13' }));
    expect(own).toMatchObject({ ok: true, configuration: { region: '13' } });
    const judged = judge('{"region":"27"}', local());
    expect(judged.ok && judged.configuration.region).toBeUndefined();
  });

  it.each([
    ['a text that is not JSON', 'password=hunter2', 'one JSON object'],
    ['a list', '[]', 'one JSON object'],
    ['a cut object', '{"log":', 'one JSON object'],
    ['an unknown setting', '{"uplink":{"batchByte":1}}', 'uplink.batchByte is not a setting. Did you mean batchBytes?'],
    ['a value out of range', '{"uplink":{"timeoutMs":1}}', 'uplink.timeoutMs must be a whole number from 100'],
    ['a region that is none', '{"region":"Gondor"}', 'region must name one of the 47 prefectures'],
    ['settings that do not go together', '{"uplink":{"retryFirstMs":600000}}', 'must not exceed uplink.retryMostMs'],
    ['a data directory', '{"dataDirectory":"/tmp"}', 'dataDirectory can only be set on the device itself'],
    ['another metadata service', '{"metadata":{"url":"http://evil"}}', 'metadata can only be set on the device itself'],
    ['a health server', '{"health":{"port":80}}', 'health can only be set on the device itself'],
    ['an interface', '{"uplink":{"localAddress":"10.0.0.1"}}', 'uplink.localAddress can only be set on the device'],
    ['what is too long', JSON.stringify({ region: 'x'.repeat(MOST_USER_DATA_BYTES) }), 'must be shorter than'],
  ])('with %s are refused with the reason', (_name, text, reason) => {
    const judged = judge(text, local());
    expect(judged).toEqual({ ok: false, reason: expect.stringContaining(reason) });
    expect(!judged.ok && judged.reason).not.toMatch(/hunter2|TASHIKA_EDGE|\n/);
  });

  it('are named as sha256sum names them, whatever white space is around them', () => {
    // printf '{"region":"13"}' | sha256sum
    expect(hashOf('{"region":"13"}')).toBe('019c5e31e662');
    expect(hashOf(' {"region":"13"}\n')).toBe(hashOf('{"region":"13"}'));
  });
});

describe('what only the device itself may set', () => {
  /** Every setting, those in lists too, with whether it or a section above it is local. */
  function settings(schema: object, path = '', above = false): [path: string, local: boolean][] {
    const node = schema as { properties?: object; items?: object; anyOf?: object[]; local?: boolean };
    const local = above || node.local === true;
    const inner = [
      ...Object.entries(node.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
      ...(node.items ? [[`${path}[]`, node.items] as const] : []),
      ...(node.anyOf ?? []).map((each) => [path, each] as const),
    ];
    return [[path, local], ...inner.flatMap(([name, child]) => settings(child, name, local))];
  }

  /** Bytes for the device on the line, not for a shell. */
  const SENT_TO_A_DEVICE = ['.sensors.serial[].pollCommand'];

  it('is every command that the agent would run, so that user data can run nothing', () => {
    const commands = settings(edgeSchema).filter(
      ([path]) => /command|program|executable|script|hook/i.test(path) && !SENT_TO_A_DEVICE.includes(path),
    );
    expect(commands.filter(([, local]) => !local)).toEqual([]);
    expect(leavesOf(edgeSchema, 'X').length).toBeGreaterThan(10);
  });
});
