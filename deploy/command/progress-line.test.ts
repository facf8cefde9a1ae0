import { describe, expect, it } from 'vitest';
import { ProgressLine } from './progress-line.ts';

function stream(isTTY: boolean, columns?: number) {
  const written: string[] = [];
  return { written, isTTY, ...(columns !== undefined && { columns }), write: (text: string) => written.push(text) };
}

describe('progress', () => {
  it('rewrites its line on a terminal, within its width, and takes it away in the end', () => {
    const terminal = stream(true, 10);
    const line = new ProgressLine(terminal);
    line.tell('1 of 3');
    line.tell('a sentence\nthat is long');
    line.clear();
    line.clear();
    expect(terminal.written).toEqual(['\r\u001b[2K1 of 3', '\r\u001b[2Ka senten…', '\r\u001b[2K']);
  });

  it('is a line each elsewhere', () => {
    const file = stream(false);
    const line = new ProgressLine(file);
    line.tell('1 of 3');
    line.tell('2 of 3');
    line.clear();
    expect(file.written).toEqual(['1 of 3\n', '2 of 3\n']);
  });
});
