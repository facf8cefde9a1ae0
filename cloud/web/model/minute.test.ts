import { describe, expect, it } from 'vitest';
import { lastFinalMinute, openMinute, stateOf } from './minute.ts';

const at = (time: string) => Date.parse(`2026-05-30T${time}Z`);

describe('the open minute', () => {
  it('is labelled by its end', () => {
    expect(openMinute(at('14:02:00.001'))).toBe(at('14:03:00'));
    expect(openMinute(at('14:02:59.999'))).toBe(at('14:03:00'));
  });

  it('still holds a reading that is taken at its very end', () => {
    expect(openMinute(at('14:03:00.000'))).toBe(at('14:03:00'));
  });
});

describe('the last final minute', () => {
  it('is the newest that the watermark has reached the end of', () => {
    expect(lastFinalMinute(at('14:02:59.999'))).toBe(at('14:02:00'));
    expect(lastFinalMinute(at('14:03:00.000'))).toBe(at('14:03:00'));
  });

  it('does not exist before there is a watermark', () => {
    expect(lastFinalMinute(null)).toBeNull();
  });
});

describe('the state of a window', () => {
  it('is provisional until the watermark reaches its end', () => {
    expect(stateOf(at('14:03:00'), 0, at('14:02:59.999'))).toBe('provisional');
    expect(stateOf(at('14:03:00'), 0, at('14:03:00'))).toBe('final');
  });

  it('is provisional without a watermark, revised or not', () => {
    expect(stateOf(at('14:03:00'), 2, null)).toBe('provisional');
  });

  it('is revised once a final window has changed', () => {
    expect(stateOf(at('14:03:00'), 1, at('14:09:00'))).toBe('revised');
  });
});
