import type { Timestamp } from '@tashika/shared/time';
import { askSynchronised, type ClockTrust, SYSTEM_PROBES, type SynchronisationProbe } from '../clock/index.ts';
import type { CheckLine } from '../sensors/index.ts';

/** Whether the wall clock can be believed. That it can't is no failure: the agent then sends ages, which are exact. */
export async function checkClock(
  trust: ClockTrust,
  now: Timestamp,
  probes: readonly SynchronisationProbe[] = SYSTEM_PROBES,
): Promise<readonly CheckLine[]> {
  const time = new Date(now).toISOString();
  if (trust === 'always') return [{ subject: 'clock', verdict: 'ok', detail: `${time}, trusted by configuration.` }];
  if (trust === 'never')
    return [{ subject: 'clock', verdict: 'ok', detail: `${time}, not trusted by configuration: ages are sent.` }];
  if (await askSynchronised(trust, probes))
    return [{ subject: 'clock', verdict: 'ok', detail: `${time}, synchronised.` }];
  return [
    {
      subject: 'clock',
      verdict: 'warn',
      detail: `${time}, not known to be synchronised: ages are sent instead of times, and readings kept over a restart are marked uncertain. Run systemd-timesyncd or chrony, or set clock.trusted to "always" if you know better.`,
    },
  ];
}
