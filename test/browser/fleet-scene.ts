import { addFleetImage, addRollout, addTellingDevices, type SignalSeed, setSignals } from '@tashika/cloud/api/testing';
import { type AuditEntry, auditAll } from '@tashika/cloud/fleet';
import { type Reason, told } from '@tashika/cloud/fleet/reason';
import type { Store } from '@tashika/cloud/store';
import { REGIONS } from '@tashika/shared/regions';

/** A rollout in its third wave, one that halted itself, one that a second person is asked for, and one that is done. */
export const RUNNING = 'agent-1-6-0';
export const HALTED = 'agent-1-5-1';
export const AWAITING = 'agent-1-7-0';
const DONE = 'agent-1-5-0';

const TOO_FEW_READINGS: Reason = {
  code: 'signal-reached',
  values: {
    ...{ signal: 'rate', devices: 10, region: null, board: null },
    ...{ observed: 9_480, expected: 12_000, evidence: 812, threshold: 700 },
  },
};

const SIGNALS = ['version', 'silence', 'rate', 'completeness', 'clock', 'restarts', 'spool'] as const;
const ROUND_MS = 600_000;

export async function sowFleet(store: Store, now: number): Promise<void> {
  const ago = (minutes: number) => new Date(now - minutes * 60_000).toISOString();
  await store.transaction(async (transaction) => {
    const scan = (cvss: number | null, passed: boolean) => ({
      ...{ status: 'scanned' as const, scanner: 'OSV, Debian 13 of 2026-11-20', advisoriesOf: ago(4_000) },
      ...{ found: cvss === null ? [] : [{ id: 'CVE-2026-1234', package: 'libssl3t64', version: '3.5.1-1', cvss }] },
      gate: { mostCvss: 8.9, passed },
    });
    await addFleetImage(transaction, { kind: 'system', version: '2026.10.0', at: ago(60_000), scan: scan(9.8, false) });
    const parent = { kind: 'system', version: '2026.10.0' } as const;
    await addFleetImage(transaction, { version: '1.5.0', at: ago(50_000), parent, channels: ['stable'] });
    const revoked = { at: ago(20), reason: 'It loses one reading in five.' };
    await addFleetImage(transaction, { version: '1.5.1', at: ago(9_000), parent, scan: scan(5.3, true), revoked });
    await addFleetImage(transaction, {
      version: '1.6.0',
      at: ago(5_000),
      parent,
      scan: scan(null, true),
      channels: ['dev', 'canary'],
    });
    const unknown = { kind: 'system', version: '2026.11.0' } as const;
    await addFleetImage(transaction, { version: '1.7.0-rc.1', at: ago(95), parent: unknown, bytesOf: '1.7.0' });
    await addFleetImage(transaction, { version: '1.7.0', at: ago(90), parent, scan: scan(null, true) });

    const regions = REGIONS.map(({ code }) => code);
    await addRollout(transaction, {
      ...{ id: DONE, version: '1.5.0', state: 'completed', at: ago(40_000), wave: 2, regions },
      waves: [{ byState: { kept: 10 } }, { byState: { kept: 285, failed: 3, skipped: 2 } }],
    });
    await addRollout(transaction, {
      ...{ id: HALTED, version: '1.5.1', state: 'rolling-back', at: ago(42), wave: 1, regions },
      why: {
        code: 'rolling-back',
        values: { cause: TOO_FEW_READINGS, image: 'agent/1.5.1', leaving: 6, underWay: 0 },
      },
      whys: {
        leaving: { code: 'no-way-back', values: { former: '1.4.0' } },
        'fell-back': { code: 'tells-former-again', values: { told: '1.4.0', version: '1.5.1' } },
      },
      failing: {
        ...{ signal: 'rate', since: now - 90 * 60_000, haltedAt: now - 45 * 60_000 },
        devices: Array.from({ length: 24 }, (_, index) => `${HALTED}-${index + 1}`),
      },
      waves: [
        { byState: { leaving: 6, 'rolled-back': 3, 'fell-back': 1 } },
        { byState: { waiting: 20 } },
        { byState: { waiting: 270 } },
      ],
    });
    await setSignals(transaction, HALTED, signalsOf(now, 'rate'));
    await addRollout(transaction, {
      ...{ id: RUNNING, version: '1.6.0', state: 'running', at: ago(200), wave: 3, regions },
      plan: { maintenanceWindow: { from: '01:00', to: '05:00' } },
      whys: {
        failed: { code: 'updater-says', values: { said: 'failure', words: 'No space left on device' } },
        vanished: { code: 'timed-out', values: { minutes: 1_440, lastState: 'downloading' } },
      },
      waves: [
        { byState: { kept: 10 } },
        { byState: { kept: 10 } },
        {
          byState: {
            updated: 60,
            offered: 6,
            downloading: 20,
            installing: 4,
            rebooting: 3,
            failed: 2,
            vanished: 1,
            waiting: 80,
            skipped: 4,
          },
        },
        { byState: { waiting: 500 } },
        { byState: { waiting: 1_300 } },
      ],
    });
    await setSignals(transaction, RUNNING, signalsOf(now, undefined));
    await addRollout(transaction, {
      ...{ id: AWAITING, version: '1.7.0', state: 'awaiting-approval', at: ago(80), regions },
      plan: { requireApproval: true },
      waves: [{ byState: { waiting: 10 } }, { byState: { waiting: 90 } }],
    });
    await auditAll(transaction, entriesOf(now));
    await addTellingDevices(
      transaction,
      regions.flatMap((region, index) => [
        { region, version: '1.5.0', devices: 4 + ((index * 37) % 40) },
        { region, version: '1.6.0', devices: index % 3 === 0 ? 0 : (index * 7) % 12 },
      ]),
      ago(1),
    );
  });
}

/** More than a page of steps. */
function entriesOf(now: number): readonly AuditEntry[] {
  return Array.from({ length: 70 }, (_, index) => ({
    ...{ at: now - (70 - index) * 120_000, actor: 'rollout', rolloutId: RUNNING },
    ...{ subject: `device:${RUNNING}-${20 + index}`, event: 'offered', from: 'waiting', to: 'offered' },
    ...told({ code: 'its-wave', values: { wave: 3 } }),
  }));
}

/** A day of rounds; `bad` is the signal that halts. */
function signalsOf(now: number, bad: (typeof SIGNALS)[number] | undefined): readonly SignalSeed[] {
  const rounds = 60;
  return SIGNALS.map((signal, place) => {
    const isRaised = bad === undefined && signal === 'restarts';
    const series = Array.from({ length: rounds }, (_, round) => {
      const share = (round + 1) / rounds;
      const isBad = signal === bad && share > 0.5;
      const expected = signal === 'rate' ? 1_200 : share * (1 + place);
      const noise = 1 + 0.04 * Math.sin(round * 1.7 + place);
      const calm = 0.7 + 0.5 * Math.sin(round * 0.6 + place) ** 2;
      return {
        at: new Date(now - (rounds - round) * ROUND_MS).toISOString(),
        observed: expected * noise * (isBad ? 0.79 : 1),
        expected,
        evidence: isBad ? Math.min(812, Math.exp((share - 0.5) * 13.5)) : isRaised ? 1 + 110 * share ** 2 : calm,
      };
    });
    const isTold = signal === bad || isRaised;
    const of = bad ? HALTED : RUNNING;
    return {
      ...{ signal, rounds: series, since: isTold ? now - 90 * 60_000 : null },
      worst: isTold ? [1, 4, 7].map((number) => `${of}-${number}`) : [],
    };
  });
}
