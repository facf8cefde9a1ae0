import { seededChance } from '@tashika/shared/chance';
import { describe, expect, it } from 'vitest';
import { NEXT_BOOT } from '../spool/testing/open-spool.ts';
import { type Device, MINUTE, startDevice } from './testing/device.ts';
import { json } from './testing/lossy-cloud.ts';

const HOUR = 60 * MINUTE;

const numbersOf = ({ cloud }: Device) => cloud.posts.map(({ first, readings }) => [first, first + readings.length - 1]);
const said = ({ log }: Device, code: string) => log.filter((line) => line.code === code);
const questions = ({ cloud }: Device) => cloud.questions.length;

describe('receipts', () => {
  it('free what the cloud has, and nothing is sent twice', async () => {
    const device = await startDevice();
    await device.report(1, 2, 3);
    expect(device.spool.figures.unconfirmed).toBe(3);
    await device.pass(11 * MINUTE);
    expect(device.spool.figures).toMatchObject({ unconfirmed: 0, again: 0 });
    expect(numbersOf(device)).toEqual([[1, 3]]);
    expect(device.receipts.figures).toMatchObject({ answers: { receipt: 1 }, resent: 0, failuresInRow: 0 });
  });

  it('are not asked for while there is nothing to confirm', async () => {
    const device = await startDevice();
    await device.pass(5 * HOUR);
    expect(questions(device)).toBe(0);
  });

  it('have what is missing sent again, and confirm the others meanwhile', async () => {
    const device = await startDevice();
    device.cloud.fateOf = ({ first }) => (first === 4 && device.cloud.posts.length === 2 ? 'lost' : 0);
    await device.report(1, 2, 3);
    await device.report(4, 5, 6);
    await device.report(7);
    await device.pass(11 * MINUTE);
    expect(numbersOf(device)).toEqual([
      [1, 3],
      [4, 6],
      [7, 7],
      [4, 6],
    ]);
    expect(device.spool.unconfirmed).toMatchObject([{ sent: [[4, 6]] }]);
    expect(device.receipts.figures.resent).toBe(3);
    await device.pass(11 * MINUTE);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('have nothing sent again that may still be on its way', async () => {
    const device = await startDevice({ intervalMs: 3 * MINUTE });
    const chance = seededChance(1);
    device.cloud.fateOf = () => chance.between(0, 4.5 * MINUTE);
    for (let value = 1; value <= 200; value++) {
      await device.report(value);
      await device.pass(30_000);
    }
    await device.pass(HOUR);
    expect(device.cloud.posts).toHaveLength(200);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('have the very last reading sent again where the end is lost, and then the others', async () => {
    const device = await startDevice();
    device.cloud.fateOf = () => (device.cloud.posts.length === 2 ? 'lost' : 0);
    await device.report(1);
    await device.report(2, 3, 4, 5);
    await device.pass(11 * MINUTE);
    expect(numbersOf(device).slice(2)).toEqual([[5, 5]]);
    await device.pass(11 * MINUTE);
    expect(numbersOf(device).slice(2)).toEqual([
      [5, 5],
      [2, 4],
    ]);
    await device.pass(11 * MINUTE);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('take a cloud that is behind for no loss while readings go on coming', async () => {
    const device = await startDevice();
    device.cloud.fateOf = () => 2 * HOUR;
    for (let value = 1; value <= 60; value++) {
      await device.report(value);
      await device.pass(MINUTE);
    }
    expect(device.cloud.posts).toHaveLength(60);
  });

  it('make everything whole that a link loses behind its answer, whatever it delays and reorders', async () => {
    for (const seed of [1, 2, 3]) {
      const device = await startDevice();
      const chance = seededChance(seed);
      device.cloud.fateOf = () => (chance.happens(0.2) ? 'lost' : chance.between(0, 4 * MINUTE));
      const values = Array.from({ length: 150 }, (_, index) => index + 1);
      for (const value of values) {
        await device.report(value, -value);
        await device.pass(20_000);
      }
      expect(device.cloud.receiver.missing(device.spool.figures.stream).length).toBeGreaterThan(0);
      await device.pass(12 * HOUR);
      const { stream } = device.spool.figures;
      const arrived = device.cloud.receiver.values.get(stream)!;
      expect([...arrived.values()].sort()).toEqual(values.flatMap((value) => [value, -value]).sort());
      expect(device.cloud.receiver.contradictions).toEqual([]);
      expect(device.spool.figures).toMatchObject({ unconfirmed: 0, again: 0, lost: 0 });
      expect(said(device, 'READINGS_UNARRIVED')).toEqual([]);
      expect(device.receipts.figures.resent).toBeLessThan(300 * 0.4);
    }
  });

  it('go on where a killed process stood', async () => {
    const first = await startDevice();
    first.cloud.fateOf = () => (first.cloud.posts.length % 3 === 0 ? 'lost' : 0);
    for (let value = 1; value <= 30; value++) await first.report(value);
    await first.pass(11 * MINUTE);
    void first.receipts.stop();
    const { cloud } = first;
    cloud.fateOf = () => 0;
    const second = await startDevice({ cloud, files: first.files.afterKill(), spool: { bootId: NEXT_BOOT } });
    await second.pass(2 * HOUR);
    expect(cloud.receiver.missing(second.spool.figures.stream)).toEqual([]);
    expect([...cloud.receiver.values.get(second.spool.figures.stream)!.keys()]).toHaveLength(30);
    expect(second.spool.unconfirmed).toEqual([]);
  });

  it('wait after a start as if all had been sent just then', async () => {
    const first = await startDevice();
    first.cloud.fateOf = () => 4 * MINUTE;
    await first.report(1, 2);
    await first.pass(5_000);
    await first.receipts.stop();
    const second = await startDevice({ cloud: first.cloud, files: first.files.afterKill(), intervalMs: MINUTE });
    await second.pass(30 * MINUTE);
    expect(first.cloud.posts).toHaveLength(1);
    expect(second.spool.unconfirmed).toEqual([]);
  });

  it('give up what never arrives, say so once, and keep it, while the others are confirmed', async () => {
    const device = await startDevice({ resends: 3 });
    device.cloud.fateOf = ({ first, readings }) => (first <= 5 && 5 < first + readings.length ? 'lost' : 0);
    for (let value = 1; value <= 9; value++) await device.report(value);
    await device.pass(12 * HOUR);
    expect(numbersOf(device).filter(([first]) => first === 5)).toHaveLength(4);
    expect(said(device, 'READINGS_UNARRIVED')).toMatchObject([{ level: 50, ranges: [[5, 5]], readings: 1 }]);
    expect(device.spool.unconfirmed).toMatchObject([{ sent: [[5, 5]] }]);
    expect(device.spool.figures.lost).toBe(0);
    expect(device.receipts.figures.unarrived).toBe(1);
  });

  it('double the wait between the sendings of one reading', async () => {
    const device = await startDevice({ intervalMs: MINUTE, resends: 5 });
    const at: number[] = [];
    device.cloud.fateOf = ({ first }) => {
      if (first !== 2) return 0;
      at.push(device.clock.monotonic());
      return 'lost';
    };
    for (const value of [1, 2, 3]) await device.report(value);
    await device.pass(24 * HOUR);
    expect(at).toHaveLength(6);
    for (const [index, time] of at.slice(1).entries()) {
      const wait = time - at[index]!;
      expect(wait).toBeGreaterThanOrEqual(5 * MINUTE * 2 ** index);
      expect(wait).toBeLessThan(5 * MINUTE * 2 ** index + 2 * MINUTE);
    }
  });

  it('ask rarely about what is given up, and as usual again when there is something new', async () => {
    const device = await startDevice({ resends: 1 });
    device.cloud.fateOf = ({ first }) => (first === 1 ? 'lost' : 0);
    await device.report(1);
    await device.report(2);
    await device.pass(3 * HOUR);
    const before = questions(device);
    await device.pass(10 * HOUR);
    expect(questions(device) - before).toBe(10);
    await device.report(3);
    await device.pass(11 * MINUTE);
    expect(device.spool.unconfirmed).toMatchObject([{ sent: [[1, 1]] }]);
  });

  it('tell a loss again whose telling was lost', async () => {
    const device = await startDevice();
    await device.report(1, 2);
    device.cloud.fateOf = ({ readings }) => (readings.length === 0 && device.cloud.posts.length === 2 ? 'lost' : 0);
    void device.spool.append({ name: 'n', unit: '', value: 3, monotonicMs: 1, wallMs: 2, synced: true });
    await device.spool.flush();
    const batch = await device.spool.read({ bytes: 9, sizeOf: () => 1, together: () => true });
    await device.spool.giveUp(batch!, 'refused');
    await device.send();
    await device.pass(HOUR);
    expect(device.cloud.receiver.lost.get(device.spool.figures.stream)).toEqual([[3, 3]]);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('tell no loss again that may still be on its way', async () => {
    const device = await startDevice({ intervalMs: MINUTE });
    await device.report(1);
    await device.pass(HOUR);
    device.cloud.fateOf = () => 4 * MINUTE;
    void device.spool.append({ name: 'n', unit: '', value: 2, monotonicMs: 1, wallMs: 2, synced: true });
    await device.spool.flush();
    const batch = await device.spool.read({ bytes: 9, sizeOf: () => 1, together: () => true });
    await device.spool.giveUp(batch!, 'refused');
    await device.pass(HOUR);
    expect(device.cloud.posts).toHaveLength(2);
    expect(device.cloud.receiver.lost.get(device.spool.figures.stream)).toEqual([[2, 2]]);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('follow a receipt that names only the first of what is missing, until all is there', async () => {
    const device = await startDevice();
    device.cloud.mostRanges = 5;
    device.cloud.fateOf = ({ first }) => (first % 2 === 0 && device.cloud.posts.length <= 100 ? 'lost' : 0);
    for (let value = 1; value <= 100; value++) await device.report(value);
    await device.report(101);
    await device.pass(HOUR);
    expect(device.spool.unconfirmed).toEqual([]);
    expect(device.cloud.posts.length).toBe(101 + 50);
  });

  it('ask for nothing back where the cloud knows less than it did', async () => {
    const device = await startDevice();
    await device.report(1, 2, 3);
    await device.pass(11 * MINUTE);
    device.cloud.receiver.values.clear();
    await device.report(4, 5);
    await device.pass(HOUR);
    expect(numbersOf(device)).toEqual([
      [1, 3],
      [4, 5],
    ]);
    expect(device.spool.figures).toMatchObject({ unconfirmed: 0, lost: 0 });
  });

  it('are asked for about a former stream too, until it is confirmed and gone', async () => {
    const first = await startDevice();
    await first.report(1, 2);
    await first.spool.close();
    await first.receipts.stop();
    const { stream } = first.spool.figures;
    first.files.damage(first.files.paths.find((path) => path.endsWith('/state'))!, (data) => data.fill(0xff));
    const second = await startDevice({ cloud: first.cloud, files: first.files });
    await second.report(3);
    expect(second.spool.unconfirmed.map((each) => each.stream)).toContain(stream);
    await second.pass(HOUR);
    expect(second.spool.unconfirmed).toEqual([]);
    expect(second.files.paths.filter((path) => path.includes(stream))).toEqual([]);
  });
});

describe('questions for receipts', () => {
  it('come one at a time, and once a stream in a rhythm', async () => {
    const device = await startDevice();
    device.cloud.takesMs = 25 * MINUTE;
    for (let value = 1; value <= 60; value++) {
      await device.report(value);
      await device.pass(MINUTE);
    }
    expect(device.cloud.atOnce).toBe(1);
    expect(questions(device)).toBe(2);
  });

  it('keep their rhythm, with chance in it, from any moment of the first interval on', async () => {
    const chance = seededChance(9);
    const device = await startDevice({ random: () => chance.next() });
    for (let minute = 0; minute < 480; minute++) {
      await device.report(minute);
      await device.pass(MINUTE);
    }
    const waits = device.cloud.questions.slice(1).map(({ at }, index) => at - device.cloud.questions[index]!.at);
    expect(device.cloud.questions[0]!.at).toBeLessThan(10 * MINUTE);
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(7.5 * MINUTE);
    expect(Math.max(...waits)).toBeLessThan(15 * MINUTE);
    expect(new Set(waits).size).toBeGreaterThan(waits.length / 2);
  });

  it('wait for their time from when there is something to ask, not from the last one', async () => {
    const device = await startDevice();
    await device.report(1);
    await device.pass(5 * HOUR);
    const reported = device.clock.monotonic();
    await device.report(2);
    await device.pass(HOUR);
    expect(questions(device)).toBe(2);
    expect(device.cloud.questions[1]!.at - reported).toBeGreaterThan(8 * MINUTE);
  });

  it('come four times as often while much waits for them', async () => {
    const device = await startDevice({ unconfirmedBytes: 8_192 });
    device.cloud.answers = (stream) => json({ stream, through: 0, missing: [] });
    for (let value = 1; value <= 400; value++) await device.report(value);
    await device.pass(HOUR);
    expect(questions(device)).toBeGreaterThan(20);
  });

  it('do not come more often while what was asked for last has not been sent', async () => {
    const device = await startDevice();
    device.cloud.mostRanges = 1;
    device.cloud.fateOf = ({ first }) => (first % 2 === 0 ? 'lost' : 0);
    for (let value = 1; value <= 9; value++) await device.report(value);
    await device.clock.advance(2 * HOUR);
    expect(device.spool.figures.again).toBe(1);
    expect(questions(device)).toBe(12);
  });

  it('become rare while nobody answers, and go on when somebody does', async () => {
    const device = await startDevice();
    device.cloud.answers = () => new Error('connect ECONNREFUSED');
    await device.report(1);
    await device.pass(24 * HOUR);
    const waits = device.cloud.questions
      .slice(1)
      .map(({ at }, index) => (at - device.cloud.questions[index]!.at) / MINUTE);
    expect(waits.slice(0, 6).map(Math.round)).toEqual([20, 40, 80, 160, 160, 160]);
    expect(device.spool.figures.unconfirmed).toBe(1);
    device.cloud.answers = undefined;
    await device.pass(3 * HOUR);
    expect(device.spool.figures.unconfirmed).toBe(0);
    expect(device.receipts.figures.failuresInRow).toBe(0);
  });

  it("wait while the day's bytes are spent", async () => {
    let readings = 0;
    const device = await startDevice({ allowance: { next: () => ({ waitMs: 0, readings }) } });
    await device.report(1);
    await device.pass(3 * HOUR);
    expect(questions(device)).toBe(0);
    readings = Number.POSITIVE_INFINITY;
    await device.pass(11 * MINUTE);
    expect(device.spool.unconfirmed).toEqual([]);
  });

  it('end with the process, one that is under way too', async () => {
    const device = await startDevice();
    device.cloud.takesMs = HOUR;
    await device.report(1);
    await device.pass(11 * MINUTE);
    await device.receipts.stop();
    expect(device.cloud.atOnce).toBe(1);
    expect(device.receipts.figures.answers).toEqual({ receipt: 0, unavailable: 0, refused: 0, unusable: 0 });
  });
});

describe('an answer that is no receipt', () => {
  const html = '<html><body>Please accept our terms</body></html>';
  it.each([
    ['a destination that is away', 'unavailable', () => ({ status: 502, body: 'away' })],
    ['a cloud without the key', 'unavailable', () => ({ status: 503, body: '{}' })],
    ['a proxy with too much to do', 'unavailable', () => ({ status: 429, body: html })],
    ['a signature that is refused', 'refused', () => ({ status: 401, body: '{}' })],
    ['a path that is not there', 'refused', () => ({ status: 404, body: '' })],
    ['a way elsewhere', 'refused', () => ({ status: 302, body: '' })],
    ["a portal's page", 'unusable', () => ({ status: 200, body: html })],
    ['nothing', 'unusable', () => ({ status: 200, body: '' })],
    ['no object', 'unusable', () => json(null)],
    ['a number', 'unusable', () => json(7)],
    ['another shape', 'unusable', (stream: string) => json({ stream, through: 2 })],
    ['a receipt that is cut off', 'unusable', (stream: string) => cutOff(json({ stream, through: 2, missing: [] }))],
    ['another stream', 'unusable', () => json({ stream: 'another', through: 2, missing: [] })],
    ['numbers never given out', 'unusable', (stream: string) => json({ stream, through: 3, missing: [] })],
    ['a negative number', 'unusable', (stream: string) => json({ stream, through: -1, missing: [] })],
    ['half a number', 'unusable', (stream: string) => json({ stream, through: 1.5, missing: [] })],
    ['a range backwards', 'unusable', (stream: string) => json({ stream, through: 2, missing: [[2, 1]] })],
    ['a range of one', 'unusable', (stream: string) => json({ stream, through: 2, missing: [[1]] })],
    ['a range beyond', 'unusable', (stream: string) => json({ stream, through: 1, missing: [[2, 2]] })],
    ['a range from 0', 'unusable', (stream: string) => json({ stream, through: 2, missing: [[0, 1]] })],
  ])('(%s) proves nothing, and is told once', async (_name, kind, answer) => {
    const device = await startDevice();
    await device.report(1, 2);
    device.cloud.answers = answer;
    await device.pass(3 * HOUR);
    expect(questions(device)).toBeGreaterThan(2);
    expect(device.receipts.figures.answers).toMatchObject({ receipt: 0, [kind]: questions(device) });
    expect(device.spool.unconfirmed).toMatchObject([{ sent: [[1, 2]] }]);
    expect(device.cloud.posts).toHaveLength(1);
    expect(said(device, 'RECEIPT_UNAVAILABLE')).toMatchObject([{ level: 40, answer: kind }]);
  });
});

function cutOff(answer: ReturnType<typeof json>): ReturnType<typeof json> {
  return { ...answer, body: answer.body.slice(0, -2) };
}
