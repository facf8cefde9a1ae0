import type { ImageRecord } from '@tashika/shared/image';
import type { TargetDevice } from '../check.ts';
import type { RolloutPlan } from '../plan.ts';
import { readPlan } from '../read-plan.ts';

/** A plan with what a test leaves out as it is usual. */
export function samplePlan(parts: Omit<Partial<RolloutPlan>, 'gate'> & { gate?: object } = {}): RolloutPlan {
  const read = readPlan({
    id: 'agent-1-5-0',
    image: 'agent/1.5.0',
    target: {},
    waves: [{ devices: 1 }, { percent: 100 }],
    ...parts,
  });
  if (!read.plan) throw new Error(read.problems.join('; '));
  return read.plan;
}

/** The record of an agent for two boards. */
export function sampleRecord(version = '1.5.0', bytes = 20_000_000): ImageRecord {
  return {
    v: 1,
    kind: 'agent',
    version,
    commit: '0'.repeat(40),
    builtAt: '2026-06-01T00:00:00.000Z',
    parent: null,
    boards: ['pi-4', 'pi-5'],
    bundle: {
      filename: `agent-${version}.raucb`,
      bytes,
      sha256: '0'.repeat(64),
      sha1: '0'.repeat(40),
      md5: '0'.repeat(32),
      signer: 'CN=tests',
      signerSha256: '0'.repeat(64),
    },
    packages: 1,
    sbomSha256: '0'.repeat(64),
    scan: { status: 'not scanned', reason: 'a test' },
    approvedBy: null,
  };
}

/** `count` devices over four regions and two boards, of version 1.4.0. */
export function sampleDevices(count: number, parts: Partial<TargetDevice> = {}): TargetDevice[] {
  return Array.from({ length: count }, (_, index) => ({
    controllerId: `d${index}`,
    region: ['13', '14', '27', '40'][index % 4]!,
    board: index % 5 === 0 ? 'pi-5' : 'pi-4',
    channel: 'stable',
    tags: [],
    version: '1.4.0',
    ...parts,
  }));
}
