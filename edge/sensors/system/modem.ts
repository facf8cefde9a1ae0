import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import { askAtModem } from './at-modem.ts';
import { askModemManager } from './modem-manager.ts';
import type { Programs } from './program.ts';
import type { ModemConfiguration } from './settings.ts';
import type { ModemAnswer } from './signal.ts';

/** Asks for the modem's signal as configured. */
export interface Modem {
  /**
   * Never rejects. Neither signal nor problem: there is no modem, and none is asked for.
   *
   * @param pollEveryMs how often ModemManager is to ask the modem itself; left out: what it knows already
   */
  ask(pollEveryMs?: Duration): Promise<ModemAnswer>;
}

/** The fastest that ModemManager is told to ask a modem, in seconds. */
const LEAST_POLL_S = 5;

export function modemOf(
  configuration: ModemConfiguration,
  clock: Clock,
  programs: Programs,
  ending?: AbortSignal,
): Modem {
  const { by, path, baudRate, answerMs } = configuration;
  return {
    async ask(pollEveryMs) {
      if (by === 'off') return {};
      const seconds = pollEveryMs === undefined ? undefined : Math.max(LEAST_POLL_S, Math.round(pollEveryMs / 1_000));
      try {
        if (by === 'at' && path !== undefined)
          return { signal: await askAtModem({ path, baudRate, answerMs }, clock, ending) };
        const answer = await askModemManager(programs, seconds);
        if (typeof answer === 'object') return answer;
        return by === 'auto' ? {} : { problem: answer === 'no modem' ? NO_MODEM : NOT_INSTALLED };
      } catch (error) {
        return by === 'auto' ? {} : { problem: messageOf(error) }; // installed, and does not run
      }
    },
  };
}

const NO_MODEM = 'ModemManager knows no modem.';
const NOT_INSTALLED =
  'mmcli is not installed. Install it with: apt install modemmanager, or set sensors.system.modem.by.';
