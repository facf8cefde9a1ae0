import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES } from '../spool/record.ts';
import { loadEdgeConfiguration } from './index.ts';

describe("the agent's configuration", () => {
  it('needs nothing but defaults on a device that stands behind Funnel', () => {
    expect(loadEdgeConfiguration(undefined, {})).toMatchObject({
      dataDirectory: '/var/lib/tashika-edge',
      uplink: { url: 'http://funnel.soracom.io', batchBytes: 32_768 },
      spool: { policy: 'drop-oldest', fsyncMs: 500 },
      clock: { trusted: 'auto' },
      health: { host: '127.0.0.1' },
      log: { level: 'info' },
    });
  });

  it.each([
    ['a region that is none', { TASHIKA_EDGE_REGION: 'Gondor' }, 'region must name one of the 47 prefectures'],
    ['a segment as large as the spool', { TASHIKA_EDGE_SPOOL_SEGMENT_BYTES: '268435456' }, 'a quarter of'],
    ['retries that begin beyond their end', { TASHIKA_EDGE_UPLINK_RETRY_MOST_MS: '10' }, 'uplink.retryFirstMs'],
    [
      'a health server that the network could reach',
      { TASHIKA_EDGE_HEALTH_PORT: '9100', TASHIKA_EDGE_HEALTH_HOST: '0.0.0.0' },
      'health.host must be a loopback address',
    ],
    [
      'a post that the longest text does not fit',
      { TASHIKA_EDGE_UPLINK_BATCH_BYTES: String(MAX_RECORD_BYTES) },
      'uplink.batchBytes',
    ],
    [
      'memory that the longest text does not fit',
      { TASHIKA_EDGE_SPOOL_MEMORY_BYTES: String(MAX_RECORD_BYTES) },
      'spool.memoryBytes',
    ],
    [
      'an empty command',
      { TASHIKA_EDGE_UPLINK_RESET_COMMAND: '[]' },
      'uplink.resetCommand must be a list of at least 1',
    ],
    [
      'an address with a password',
      { TASHIKA_EDGE_UPLINK_URL: 'mqtt://me:secret@broker' },
      'uplink.url must bear no user name and no password',
    ],
    ['a scheme without a host', { TASHIKA_EDGE_UPLINK_URL: 'http://' }, 'uplink.url must be a whole address'],
    ['an address of no form', { TASHIKA_EDGE_METADATA_URL: 'http://a b' }, 'metadata.url must be a whole address'],
    ['a link to nowhere', { TASHIKA_EDGE_UPLINK_URL: 'udp:///' }, 'uplink.url must be a whole address'],
    ['an unknown policy', { TASHIKA_EDGE_SPOOL_POLICY: 'panic' }, '"drop-oldest" or "drop-newest"'],
  ])('refuses %s', (_name, env, problem) => {
    expect(() => loadEdgeConfiguration(undefined, env)).toThrowError(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringContaining(problem) }),
    );
  });
});
