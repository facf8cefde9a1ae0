import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import type { Gpio } from 'onoff';
import { loadAddOn } from '../add-on.ts';

/** An input line of a GPIO chip. */
export interface GpioLine {
  /** The level now. Throws when the chip is gone. */
  read(): boolean;
  close(): void;
}

export interface LineOptions {
  readonly activeLow: boolean;
  /** Something happened on the line: read it. Edges may be merged, so this says no more than that. */
  readonly onEdge: () => void;
}

/** @param line the kernel's number, not the BCM number */
export type OpenLine = (line: number, options: LineOptions) => Promise<GpioLine>;

/** @throws TashikaError `SENSOR_UNAVAILABLE` without the add-on */
export async function loadOnoff(): Promise<typeof Gpio> {
  const module = await loadAddOn('onoff', () => import('onoff'));
  return module.Gpio;
}

/** Lines through sysfs. */
export interface SysfsLines {
  /** Rejects with what is missing, unless `open` can work. */
  load(): Promise<unknown>;
  /** Whether the kernel has sysfs GPIO that may be written (a hardened unit may not), and what uses it is installed. */
  usable(): Promise<boolean>;
  readonly open: OpenLine;
}

/** @param root `/sys/class/gpio`; a kernel without sysfs GPIO has none */
export function onoffLines(root: string): SysfsLines {
  const usable = async () => {
    try {
      await access(join(root, 'export'), constants.W_OK);
      await loadOnoff();
      return true;
    } catch {
      return false;
    }
  };
  return { load: loadOnoff, usable, open: openOnoffLine };
}

/** A line through sysfs and epoll, by `onoff`. */
export const openOnoffLine: OpenLine = async (line, { activeLow, onEdge }) => {
  const OnoffGpio = await loadOnoff();
  const gpio = new OnoffGpio(line, 'in', 'both', { activeLow });
  const read = gpio.readSync.bind(gpio);
  let last = read();
  let closed = false;
  // onoff reads the line in its epoll callback, where a chip that is gone makes the read throw and nobody could catch
  // it. So the callback is given the last level, and our own read, right after it, meets the error.
  gpio.readSync = () => {
    try {
      if (!closed) last = read();
    } catch {}
    return last;
  };
  gpio.watch(onEdge);
  return {
    read: () => read() === 1,
    close: () => {
      closed = true;
      try {
        gpio.unexport();
      } catch {
        // The chip is gone, and the line with it.
      }
    },
  };
};
