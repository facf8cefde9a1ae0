import { join } from 'node:path';
import { measureBytesOnAir } from '@tashika/edge/uplink/testing';
import { atMost, type Result, told } from './result.ts';
import type { Scene } from './scene.ts';

const LINKS = ['http', 'unified', 'tcp', 'udp', 'mqtt'] as const;
const BATCHES = [1, 20, 100];

/** Bytes on the air for one reading, by link and batch size, headers and answers included. */
export async function bytesOnAir(scene: Scene): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const link of LINKS)
    for (const batch of BATCHES) {
      const measured = await measureBytesOnAir(join(scene.directory, `air-${link}-${batch}`), link, batch);
      const { air, payload, readings, estimate } = measured;
      const name = `${link.toUpperCase()}, batch of ${batch}`;
      const ratio = `… ÷ the payload's own, ${name}`;
      results.push(
        told(`bytes on air a reading, ${name}`, air / readings, 'bytes'),
        link === 'http' && batch === 20 ? atMost(ratio, air / payload, 1.5) : told(ratio, air / payload, 'ratio'),
        told("… the agent's own estimate ÷ what was counted", estimate / air, 'ratio'),
      );
    }
  return results;
}
