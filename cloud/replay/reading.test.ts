import { describe, expect, it } from 'vitest';
import { parseDuration } from './duration.ts';
import { LineSplitter, MOST_LINE_BYTES, type NumberedLine } from './lines.ts';
import { parseReplayArguments } from './options.ts';
import { readRecord } from './recording.ts';

describe('the lines of a file', () => {
  function split(bytes: Buffer, size: number): NumberedLine[] {
    const splitter = new LineSplitter();
    const lines: NumberedLine[] = [];
    for (let start = 0; start < bytes.length; start += size)
      lines.push(...splitter.push(bytes.subarray(start, start + size)));
    return [...lines, ...splitter.end()];
  }

  it.each([1, 2, 3, 100])('are the same in pieces of %d bytes', (size) => {
    expect(split(Buffer.from('a\n\nté\r\nlast'), size)).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: '' },
      { number: 3, text: 'té\r' },
      { number: 4, text: 'last' },
    ]);
  });

  it('are told by their number when they are no text or too long', () => {
    const long = Buffer.alloc(MOST_LINE_BYTES + 1, 'x');
    const bytes = Buffer.concat([Buffer.from([0xff, 0x0a]), long, Buffer.from('\nok\n')]);
    expect(split(bytes, 65_536)).toEqual([
      { number: 1, fault: expect.stringContaining('UTF-8') },
      { number: 2, fault: expect.stringContaining(`has ${MOST_LINE_BYTES + 1} bytes`) },
      { number: 3, text: 'ok' },
    ]);
  });

  it.each([
    ['gzip', Buffer.from([0x1f, 0x8b, 0x08, 0x00]), /is compressed; .* gunzip -c/],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), /is UTF-16; .* iconv/],
    ['UTF-16 of the other order', Buffer.from('\ufeff{}', 'utf16le').swap16(), /is UTF-16; .* iconv/],
  ])('are told what the file seems to be: %s', (_, bytes, fault) => {
    expect(split(bytes, 100)).toEqual([{ number: 1, fault: expect.stringMatching(fault) }]);
  });

  it('may begin with a byte order mark', () => {
    expect(split(Buffer.from('\ufeff{}\n'), 100)).toEqual([{ number: 1, text: '{}' }]);
  });
});

describe('a line of a recording', () => {
  const time = '2026-06-01T12:00:00Z';

  it('is an event or a tick', () => {
    expect(readRecord(`{"partition":"0","enqueuedTime":"${time}","body":{"a":1},"offset":"7"}`)).toEqual({
      kind: 'event',
      partition: '0',
      enqueuedAt: Date.UTC(2026, 5, 1, 12),
      body: { a: 1 },
    });
    expect(readRecord('{"tick":"2026-06-01T12:00:00.250Z"}')).toEqual({
      kind: 'tick',
      at: Date.UTC(2026, 5, 1, 12, 0, 0, 250),
    });
  });

  it.each([
    ['{"partition":"0"', /is not JSON \(.*\); it must be \{"partition":"0"/],
    ['[]', /must be a JSON object .* found \[\]/],
    [`{"enqueuedTime":"${time}","body":{}}`, /must name its partition .* found nothing/],
    ['{"partition":"0","body":{}}', /UTC time as its enqueuedTime, .* found nothing/],
    ['{"partition":"0","enqueuedTime":"2026-02-31T12:00:00Z","body":{}}', /UTC time as its enqueuedTime/],
    ['{"partition":"0","enqueuedTime":"2026-06-01T12:00:00","body":{}}', /UTC time as its enqueuedTime/],
    ['{"partition":"0","enqueuedTime":1780315200000,"body":{}}', /found 1780315200000/],
    [`{"partition":"0","enqueuedTime":"${time}"}`, /has no body/],
    ['{"tick":"noon"}', /UTC time as its tick, .* found "noon"/],
    [`{"tick":"${time}","partition":"0"}`, /a tick and an event/],
  ])('that is none says what is wrong: %s', (line, fault) => {
    expect(readRecord(line)).toEqual({ kind: 'bad', fault: expect.stringMatching(fault) });
  });
});

describe('a length of time', () => {
  it.each([
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['1.5s', 1500],
    ['5m', 300_000],
    ['2h', 7_200_000],
    ['1d', 86_400_000],
    ['5', undefined],
    ['', undefined],
    ['-5s', undefined],
    ['5 s', undefined],
    ['1m30s', undefined],
    ['0.5ms', undefined],
    ['99999999999999d', undefined],
  ])('is a number with its unit: %s', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });
});

describe('the arguments of a replay', () => {
  it('have the defaults of a worker', () => {
    expect(parseReplayArguments(['-'])).toEqual({
      file: '-',
      windows: {
        policy: 'revise',
        lateToleranceMs: 5000,
        earlyToleranceMs: 300_000,
        outOfOrderToleranceMs: 0,
        lengthMs: 60_000,
        hopMs: undefined,
      },
      trace: false,
      skipBadLines: false,
    });
  });

  it.each([
    [[], /The file of recorded events is missing/],
    [['a', 'b'], /One file at a time: a b/],
    [['a', '--policy', 'guess'], /--policy must be revise or stream-analytics, found "guess"/],
    [['a', '--action', 'keep'], /--action must be adjust or drop/],
    [['a', '--late', '5'], /--late must be a number with its unit ms, s, m, h or d, .* found "5"/],
    [['a', '--action', 'drop'], /--action is for --policy stream-analytics: revise adjusts and drops nothing/],
    [['a', '--policy', 'revise', '--action', 'adjust'], /--action is for --policy stream-analytics/],
    [['a', '--late', '21d'], /--late must be from 0s to 20d, found 21d/],
    [['a', '--early', '25h'], /--early must be from 0s to 1d, found 25h/],
    [['a', '--out-of-order', '11m'], /--out-of-order must be from 0s to 10m, found 11m/],
    [['a', '--window', '0s'], /--window must be from 1s to 1d, found 0s/],
    [['a', '--hop', '61s'], /--hop 61s must be at most --window 1m/],
    [['a', '--hop', '999ms'], /--hop must be from 1s to 1d, found 999ms/],
    [['a', '--window', '1d', '--hop', '59s'], /--hop 59s must be at least a 1440th of --window 1d/],
    [['a', '--fast'], /Unknown option '--fast'/],
  ])('are refused with what would be right: %j', (args, message) => {
    expect(() => parseReplayArguments(args)).toThrow(message);
  });
});
