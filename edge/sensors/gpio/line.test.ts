import { afterEach, describe, expect, it, vi } from 'vitest';
import { openOnoffLine } from './line.ts';

/**
 * onoff as far as its epoll callback goes: on an edge it reads the line itself, outside of any call of ours, and tells
 * the watchers then. A machine without GPIO has no other.
 */
class EpollGpio {
  static last: EpollGpio;
  readonly line: number;
  readonly options: object;
  gone = false;
  level = 0;
  unexported = 0;
  #watcher = () => {};

  constructor(line: number, _direction: string, _edge: string, options: object) {
    this.line = line;
    this.options = options;
    EpollGpio.last = this;
  }

  readSync(): number {
    if (this.gone) throw new Error('ENODEV: no such device, read');
    return this.level;
  }

  watch(watcher: () => void): void {
    this.#watcher = watcher;
  }

  unexport(): void {
    this.unexported++;
    if (this.gone) throw new Error('ENODEV: no such device');
  }

  /** What the epoll thread calls; what it throws would end the process. */
  edge(): void {
    this.readSync();
    this.#watcher();
  }
}

describe('a line by onoff', () => {
  afterEach(() => {
    vi.doUnmock('onoff');
    vi.resetModules();
  });

  it('tells of a chip that is gone where it can be caught', async () => {
    vi.doMock('onoff', () => ({ Gpio: EpollGpio }));
    let edges = 0;
    const line = await openOnoffLine(529, { activeLow: true, onEdge: () => edges++ });
    const gpio = EpollGpio.last;
    expect(gpio).toMatchObject({ line: 529, options: { activeLow: true } });
    gpio.level = 1;
    gpio.edge();
    expect(line.read()).toBe(true);
    gpio.gone = true;
    gpio.edge();
    expect(edges).toBe(2);
    expect(() => line.read()).toThrow('ENODEV');
    line.close();
    expect(gpio.unexported).toBe(1);
  });
});
