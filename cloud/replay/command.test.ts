import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { nodeArgsOf } from '@tashika/shared/testing';
import { describe, expect, it } from 'vitest';

const MAIN = nodeArgsOf(new URL('../main.ts', import.meta.url));
const EXAMPLE = fileURLToPath(new URL('example.jsonl', import.meta.url));

function replay(...args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [...MAIN, 'replay', ...args], {
    env: { PATH: process.env.PATH },
    stdio: 'pipe',
  });
}

async function outcome(child: ChildProcess, input = '') {
  child.stdin!.on('error', () => {}).end(input); // one that ends early reads no more
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'exit')]);
  return { lines: stdout.split('\n').filter((line) => line !== ''), stderr, code };
}

const event = (second: number) => {
  const enqueuedTime = new Date(Date.UTC(2026, 5, 1, 12, 0, second)).toISOString();
  const body = { timestamp: Date.parse(enqueuedTime), payloads: { pref: '13' } };
  return JSON.stringify({ partition: '0', enqueuedTime, body });
};

describe('tashika-cloud replay', () => {
  it('needs no configuration: it writes a line for each event, then one for each window in order', async () => {
    const flags = ['--policy', 'stream-analytics', '--late', '5m', '--early', '5m', '--out-of-order', '2m', '--trace'];
    const { lines, stderr, code } = await outcome(replay(EXAMPLE, ...flags));
    const parsed = lines.map((line) => JSON.parse(line));
    expect([stderr, code]).toEqual(['', 0]);
    expect(parsed.slice(0, 12).map(({ event, watermark }) => `${event} ${watermark.slice(11, 16)}`)).toEqual([
      '1 12:05',
      '2 12:06',
      '3 12:06',
      '4 12:06',
      '5 12:17',
      '6 12:17',
      '7 12:17',
      '8 12:18',
      '9 12:18',
      '10 12:21',
      '11 12:21',
      '12 12:21',
    ]);
    expect(
      parsed.slice(12).map(({ windowEnd, events, state }) => `${windowEnd.slice(11, 16)} ${events} ${state}`),
    ).toEqual([
      '12:07 1 final',
      '12:08 2 final',
      '12:17 2 final',
      '12:18 1 final',
      '12:19 1 final',
      '12:20 1 final',
      '12:22 2 provisional',
      '12:23 1 provisional',
    ]);
  });

  it('reads standard input, and empty lines and ticks are no events', async () => {
    const input = `\n${event(1)}\n\n{"tick":"2026-06-01T12:02:00Z"}\r\n${event(2)}`;
    const { lines, code } = await outcome(replay('-', '--trace'), input);
    expect(lines.map((line) => JSON.parse(line).event)).toEqual([1, 2, undefined]);
    expect(JSON.parse(lines[2]!)).toEqual({
      windowEnd: '2026-06-01T12:01:00.000Z',
      region: '13',
      readings: 2,
      events: 2,
      late: 1,
      state: 'revised',
      revision: 1,
    });
    expect(code).toBe(0);
  });

  it('names a bad line by its number, and writes no window', async () => {
    const { lines, stderr, code } = await outcome(replay('-', '--trace'), `${event(1)}\n\nnonsense\n${event(2)}\n`);
    expect(lines).toEqual([expect.stringContaining('"event":1')]);
    expect(stderr).toMatch(/^RECORDING_INVALID: line 3: is not JSON \(.*\); it must be \{"partition"/);
    expect(code).toBe(1);
  });

  it('passes over bad lines where it is told to, and says so', async () => {
    const { lines, stderr, code } = await outcome(replay('-', '--skip-bad-lines'), `nonsense\n${event(1)}\n[]\n`);
    expect(lines).toEqual([expect.stringContaining('"events":1')]);
    expect(stderr).toMatch(/^line 1: is not JSON.*\nline 3: must be a JSON object.*\n2 bad lines passed over\n$/);
    expect(code).toBe(0);
  });

  it('says without a trace, too, that events are dead letters: their windows would be missed in vain', async () => {
    const elsewhere = event(1).replace('"13"', '"Atlantis"');
    const { lines, stderr, code } = await outcome(replay('-'), `${elsewhere}\n${event(2)}\n${elsewhere}\n`);
    expect(lines).toEqual([expect.stringContaining('"events":1')]);
    expect(stderr).toBe('events that are dead letters and in no window: unknown-region 2; --trace tells which\n');
    expect(code).toBe(0);
  });

  it('ends quietly when nobody reads it any more', async () => {
    const child = replay('-', '--trace');
    const many = Array.from({ length: 20_000 }, (_, n) => event(n)).join('\n');
    child.stdout!.once('data', () => child.stdout!.destroy());
    child.stdin!.on('error', () => {}).end(many);
    const [stderr, [code]] = await Promise.all([text(child.stderr!), once(child, 'exit')]);
    expect([stderr, code]).toEqual(['', 0]);
  });

  it('says why a file can not be read', async () => {
    const { lines, stderr, code } = await outcome(replay('no-such-file'));
    expect([lines, stderr, code]).toEqual([[], expect.stringMatching(/^RECORDING_UNREADABLE: no-such-file can't/), 1]);
  });

  it('explains itself', async () => {
    const { lines, code } = await outcome(replay('--help'));
    expect([lines[0], code]).toEqual(['tashika-cloud replay FILE: what would the windows have shown?', 0]);
  });
});
