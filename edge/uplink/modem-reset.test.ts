import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestClock } from '@tashika/shared/time';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Link } from './link.ts';
import { resettingLink } from './modem-reset.ts';
import type { Verdict } from './verdict.ts';

const NEVER = new AbortController().signal;
const MINUTE = 60_000;
const SILENCE: Verdict = { kind: 'failed', reason: 'no answer in 30000 ms' };
const PORTAL: Verdict = { kind: 'failed', reason: 'HTTP 200', heard: true };

function modem(command: readonly string[], timeoutMs = 10_000) {
  const clock = new TestClock();
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const state = { says: SILENCE };
  const link: Link = { post: async () => state.says, close: async () => {} };
  const watched = resettingLink(link, { command, afterMs: 10 * MINUTE, timeoutMs, clock, logger });
  /** A post each minute. */
  async function tryFor(minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute++) {
      await watched.post(Buffer.alloc(0), NEVER);
      await clock.advance(MINUTE);
    }
  }
  return { watched, state, lines, tryFor };
}

describe('a modem that needs a reset', () => {
  it('gets it after so long without any answer, then after twice as long, and so on', async () => {
    const { watched, tryFor } = modem(['true']);
    await tryFor(10);
    expect(watched.resets).toBe(0);
    await tryFor(1);
    expect(watched.resets).toBe(1);
    await tryFor(20);
    expect(watched.resets).toBe(2);
    await tryFor(39);
    expect(watched.resets).toBe(2);
    await tryFor(2);
    expect(watched.resets).toBe(3);
  });

  it('is left alone while anything answers, be it a portal', async () => {
    const { watched, state, tryFor } = modem(['true']);
    state.says = PORTAL;
    await tryFor(60);
    state.says = SILENCE;
    await tryFor(9);
    state.says = { kind: 'accepted' };
    await tryFor(1);
    state.says = SILENCE;
    await tryFor(10);
    expect(watched.resets).toBe(0);
  });

  it('is reset by a program and its arguments as they stand, which no shell reads', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tashika-reset-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, '$(touch evil); x');
    const { tryFor, lines } = modem(['sh', '-c', 'printf hard >"$0"; echo told; echo warned >&2', file]);
    await tryFor(11);
    expect(readFileSync(file, 'utf8')).toBe('hard');
    expect(existsSync(join(folder, 'evil'))).toBe(false);
    expect(lines.at(-1)).toMatchObject({ how: 'exit 0', output: expect.stringMatching(/told/) });
    expect(lines.at(-1)!.output).toMatch(/warned/);
  });

  it.each([
    ['can not be found', ['/nowhere/reset'], /ENOENT/],
    ['fails', ['sh', '-c', 'exit 3'], /^exit 3$/],
    ['hangs, and what it started too', ['sh', '-c', 'sleep 600 & sleep 600'], /^took longer than 100 ms$/],
  ])('is told in the log when the command %s', async (_what, command, how) => {
    const { tryFor, lines, watched } = modem(command, 100);
    await tryFor(11);
    expect(lines.at(-1)).toMatchObject({ level: 50, command, how: expect.stringMatching(how) });
    expect(watched.resets).toBe(1);
  });

  it('keeps only the beginning of what the command says', async () => {
    const { tryFor, lines } = modem(['sh', '-c', 'yes | head -c 1000000']);
    await tryFor(11);
    expect((lines.at(-1)!.output as string).length).toBe(4_096);
  });

  it('ends the command when the agent stops', async () => {
    const { watched, tryFor, lines } = modem(['sleep', '600'], 600_000);
    await tryFor(10);
    const stop = new AbortController();
    const posted = watched.post(Buffer.alloc(0), stop.signal);
    setImmediate(() => stop.abort());
    await posted;
    expect(lines.at(-1)).toMatchObject({ how: 'the agent stops' });
  });
});
