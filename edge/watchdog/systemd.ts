import { execFile } from 'node:child_process';
import { messageOf } from '@tashika/shared/errors';
import type { Duration } from '@tashika/shared/time';

/** Tells the service manager how the agent is. Never rejects: the agent runs on without it. */
export interface ServiceManager {
  /** How often the watchdog wants to be fed; undefined where there is none. */
  readonly feedEvery: Duration | undefined;
  /** Assignments as in sd_notify(3), such as `READY=1`. @returns what went wrong, if anything did */
  tell(...assignments: readonly string[]): Promise<string | undefined>;
}

const NOTIFY_WITHIN: Duration = 10_000;

/**
 * systemd, where it started this process with `Type=notify`; undefined elsewhere. Node has no datagram sockets of the
 * local kind, so `systemd-notify` is run, seldom; the unit has to say `NotifyAccess=all` for it.
 */
export function serviceManager(env: Readonly<Record<string, string | undefined>>): ServiceManager | undefined {
  if (!env.NOTIFY_SOCKET) return undefined;
  const watchdogMs = Number(env.WATCHDOG_USEC) / 1_000;
  const isOurs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
  return {
    feedEvery: watchdogMs > 0 && isOurs ? watchdogMs / 3 : undefined,
    tell: (...assignments) =>
      new Promise((resolve) => {
        execFile('systemd-notify', [...assignments], { timeout: NOTIFY_WITHIN, env: { ...env } }, (error) =>
          resolve(error ? `systemd-notify: ${messageOf(error)}` : undefined),
        );
      }),
  };
}
