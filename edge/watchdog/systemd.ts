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
 *
 * @param env is without the manager's variables afterwards: other programs that the agent runs would speak for it
 * (`timedatectl` tells its own errors)
 */
export function serviceManager(env: Record<string, string | undefined>): ServiceManager | undefined {
  if (!env.NOTIFY_SOCKET) return undefined;
  const withSocket = { ...env };
  const watchdogMs = Number(env.WATCHDOG_USEC) / 1_000;
  const isOurs = env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === process.pid;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  return {
    feedEvery: watchdogMs > 0 && isOurs ? watchdogMs / 3 : undefined,
    tell: (...assignments) =>
      new Promise((resolve) => {
        execFile('systemd-notify', [...assignments], { timeout: NOTIFY_WITHIN, env: withSocket }, (error) =>
          resolve(error ? `systemd-notify: ${messageOf(error)}` : undefined),
        );
      }),
  };
}
