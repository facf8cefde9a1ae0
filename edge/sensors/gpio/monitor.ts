import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Clock } from '@tashika/shared/time';
import {
  BANNER,
  type CharacterLine,
  gpiomonArguments,
  type LineEdge,
  parseEdge,
  type WatchOptions,
} from './libgpiod.ts';
import { explained, type GpioTools } from './tools.ts';

/** libgpiod 1 does not say when it watches its line; one that can't ends well before this. */
const SILENT_START_MS = 500;
const MOST_WORDS = 500;

/** What is watched, and who is told. */
export interface LineWatch {
  readonly tools: GpioTools;
  readonly line: CharacterLine;
  readonly options: WatchOptions;
  /** The line is watched; said once. */
  readonly onReady: () => void;
  readonly onEdge: (edge: LineEdge) => void;
  readonly clock: Clock;
  /** Ends the watch. */
  readonly signal: AbortSignal;
}

/**
 * Watches a line by a `gpiomon` of its own. The kernel queues the edges, so a busy process is no lost edge.
 * Resolves when `signal` aborts and gpiomon is gone; rejects when gpiomon ends by itself, with what it said.
 */
export async function monitorLine(watch: LineWatch): Promise<void> {
  const { tools, line, options, onReady, onEdge, clock, signal } = watch;
  if (signal.aborted) return;
  const gpiomon = spawn('gpiomon', gpiomonArguments(tools.major, line, options), {
    env: tools.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let told = false;
  const ready = () => {
    if (told) return;
    told = true;
    starting.cancel();
    onReady();
  };
  const starting = clock.after(SILENT_START_MS, () => {
    if (tools.major === 1) ready();
  });
  createInterface({ input: gpiomon.stdout }).on('line', (printed) => {
    if (signal.aborted) return;
    if (BANNER.test(printed)) ready();
    const edge = parseEdge(tools.major, printed);
    if (!edge) return;
    ready();
    onEdge(edge);
  });
  let words = '';
  gpiomon.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-MOST_WORDS);
  });
  const kill = () => void gpiomon.kill('SIGTERM');
  signal.addEventListener('abort', kill);
  try {
    const [code, by] = (await once(gpiomon, 'close')) as [number | null, string | null];
    if (signal.aborted) return;
    const said = words.trim().split('\n').at(-1);
    throw new Error(said ? explained(said) : `gpiomon ended (${by ?? `exit code ${code}`}).`);
  } finally {
    starting.cancel();
    signal.removeEventListener('abort', kill);
  }
}
