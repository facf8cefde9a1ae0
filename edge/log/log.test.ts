import { execFileSync } from 'node:child_process';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { complaint, isJournal, journalLine } from './index.ts';

/** Lines that a process writes to a file, which it is told is the journal, or not. */
function written(asJournal: boolean): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'tashika-log-'));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, 'out');
  const fd = openSync(file, 'w');
  const { dev, ino } = fstatSync(fd);
  const door = fileURLToPath(new URL('./index.ts', import.meta.url));
  const script = `
    const { loggers } = await import(${JSON.stringify(door)});
    const logger = loggers(process.env)('debug');
    for (const level of ['debug', 'info', 'warn', 'error', 'fatal']) logger[level]({ n: 1 }, 'a "line"\\nof two');`;
  execFileSync(process.execPath, ['--conditions=source', '--import', 'tsx', '--input-type=module', '--eval', script], {
    stdio: ['ignore', fd, 'inherit'],
    env: { PATH: process.env.PATH, ...(asJournal && { JOURNAL_STREAM: `${dev}:${ino}` }) },
  });
  closeSync(fd);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

describe('the log', () => {
  it('has priorities before its lines in the journal, and is the same JSON behind them', () => {
    const lines = written(true);
    expect(lines.map((line) => line.slice(0, 3))).toEqual(['<7>', '<6>', '<4>', '<3>', '<2>']);
    for (const line of lines) expect(JSON.parse(line.slice(3))).toMatchObject({ n: 1, msg: 'a "line"\nof two' });
  });

  it('is plain JSON everywhere else', () => {
    expect(written(false).map((line) => JSON.parse(line).level)).toEqual([20, 30, 40, 50, 60]);
  });

  it('files each line of a complaint as an error', () => {
    const fd = openSync('/dev/null', 'r');
    const { dev, ino } = fstatSync(fd);
    const text = 'CONFIG_INVALID: one.\ntwo.\n';
    expect(complaint(text, { JOURNAL_STREAM: `${dev}:${ino}` }, fd)).toBe('<3>CONFIG_INVALID: one.\n<3>two.\n');
    expect(complaint(text, {}, fd)).toBe(text);
    closeSync(fd);
  });

  it('takes no other stream for the journal', () => {
    expect(isJournal(undefined, 1)).toBe(false);
    expect(isJournal('1:1', 1)).toBe(false);
    expect(isJournal('1:1', 9_999)).toBe(false);
    expect(journalLine('no JSON at all')).toBe('<6>no JSON at all');
  });
});
