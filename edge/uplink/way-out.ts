import type { Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { BootClock } from '../clock/index.ts';
import { Budget, type BudgetFigures, type WhenSpent } from './budget.ts';
import type { Link, LinkOptions } from './link.ts';
import { meteredLink } from './metered-link.ts';
import { resettingLink } from './modem-reset.ts';
import { openLink } from './open-link.ts';
import type { OthersUse } from './others-use.ts';
import { postBytes } from './packet.ts';
import type { Allowance } from './uplink.ts';
import { keptUse, UseFile } from './use-file.ts';

/** What the configuration says of the link and of what it may cost. */
export interface WayOutOptions extends LinkOptions {
  readonly batchBytes: number;
  readonly packetBytes: number;
  /** Left out: the link may cost what it likes. */
  readonly dailyBytes?: number;
  readonly whenSpent: WhenSpent;
  readonly sparseMs: Duration;
  /** Left out: the modem is left alone. */
  readonly resetCommand?: readonly string[];
  readonly resetAfterMs: Duration;
  readonly resetTimeoutMs: Duration;
}

export interface WayOutParts {
  readonly dataDirectory: string;
  readonly clock: BootClock;
  readonly synced: () => boolean;
  readonly logger: Logger;
  /** Another process on the same link, which counts for itself. */
  readonly others?: OthersUse | undefined;
}

export interface WayOutFigures {
  /** Bytes on the air since the start: an estimate, headers of TCP or UDP and IP included. */
  readonly airBytes: number;
  readonly connections: number;
  readonly modemResets: number;
  /** Undefined where there is no budget. */
  readonly budget: BudgetFigures | undefined;
}

/** The link with what it costs, what it may cost, and what wakes its modem. */
export interface WayOut {
  readonly link: Link;
  /** Most bytes of one post. */
  readonly batchBytes: number;
  readonly allowance: Allowance | undefined;
  readonly figures: WayOutFigures;
  /** Counts bytes that something else than posts put on the same air. */
  spend(bytes: number): void;
  /** Writes down what the day has cost. The link is closed by the uplink. */
  close(): Promise<void>;
}

/** Opens the way out of the device. Nothing is connected before the first post. */
export async function openWayOut(options: WayOutOptions, parts: WayOutParts): Promise<WayOut> {
  const { clock, logger } = parts;
  const { dailyBytes, resetCommand, resetAfterMs, resetTimeoutMs } = options;
  const spending = dailyBytes === undefined ? undefined : await openBudget({ ...options, dailyBytes }, parts);
  let airBytes = 0;
  const spend = (bytes: number) => {
    airBytes += bytes;
    spending?.spend(bytes);
  };
  const metered = meteredLink(openLink(options), options, spend);
  const reset =
    resetCommand === undefined
      ? undefined
      : resettingLink(metered, {
          command: resetCommand,
          afterMs: resetAfterMs,
          timeoutMs: resetTimeoutMs,
          clock,
          logger,
        });
  return {
    link: reset ?? metered,
    batchBytes: postBytes(options),
    allowance: spending?.budget,
    spend,
    get figures() {
      return {
        airBytes,
        connections: metered.opened ?? 0,
        modemResets: reset?.resets ?? 0,
        budget: spending?.budget.figures,
      };
    },
    close: async () => spending?.close(),
  };
}

async function openBudget(
  options: WayOutOptions & { readonly dailyBytes: number },
  { dataDirectory, clock, synced, logger, others }: WayOutParts,
) {
  const used = await keptUse(dataDirectory);
  await others?.look();
  const budget = new Budget({ ...options, clock, synced, used, others: others && ((day) => others.bytes(day)) });
  const file = new UseFile(dataDirectory, options.dailyBytes, used, logger);
  let told = false;
  /** A device that falls silent, or nearly so, says why: once a day. */
  const tell = () => {
    const { figures } = budget;
    const spent = figures.bytesUsed >= figures.limitBytes;
    if (spent && !told) logger.warn(figures, SPENT[options.whenSpent]);
    told = spent;
  };
  tell();
  return {
    budget,
    spend(bytes: number) {
      tell(); // by now it may be another day
      budget.spend(bytes);
      tell();
      file.keep(budget.use);
    },
    close: () => file.save(budget.use),
  };
}

const SPENT: Readonly<Record<WhenSpent, string>> = {
  hold: 'the bytes of uplink.dailyBytes are spent; readings wait in the spool until the next day in Japan',
  sparse:
    'the bytes of uplink.dailyBytes are spent; until the next day in Japan one reading is sent every uplink.sparseMs, and the others wait in the spool',
};
