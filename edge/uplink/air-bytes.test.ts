import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { airBytes } from './air-bytes.ts';
import { measureBytesOnAir } from './testing/bytes-on-air.ts';

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), 'tashika-air-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return join(path, 'spool');
}

describe('bytes on the air', () => {
  it('of twenty readings over HTTP are at most one and a half times the post itself', async () => {
    const { air, payload } = await measureBytesOnAir(folder(), 'http', 20);
    expect(air / payload).toBeLessThanOrEqual(1.5);
  });

  it.each(['http', 'unified', 'tcp', 'udp', 'mqtt'] as const)(
    'over %s are reckoned as they are, or a little more',
    async (link) => {
      for (const batch of [1, 20]) {
        const { air, estimate } = await measureBytesOnAir(folder(), link, batch);
        expect(estimate / air).toBeGreaterThanOrEqual(1);
        expect(estimate / air).toBeLessThan(1.1);
      }
    },
  );

  it.each(['http:', 'tcp:', 'udp:', 'mqtt:'])(
    'of an attempt that nobody answers over %s are more, not less',
    (scheme) => {
      const options = { url: `${scheme}//funnel.soracom.io`, topic: 'tashika' };
      const attempt = { bodyBytes: 1_000, newConnection: true };
      const failed = airBytes(options, { ...attempt, answered: false });
      expect(failed).toBeGreaterThan(airBytes(options, { ...attempt, answered: true }) * 1.5);
    },
  );
});
