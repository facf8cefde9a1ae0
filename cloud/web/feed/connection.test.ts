import { TestClock } from '@tashika/shared/time';
import { beforeEach, describe, expect, it } from 'vitest';
import { type ConnectionStatus, LiveConnection, type StreamHandlers } from './connection.ts';

interface Opened extends StreamHandlers {
  readonly at: number;
  isClosed: boolean;
}

let clock: TestClock;
let opened: Opened[];
let statuses: ConnectionStatus[];
let usable: boolean;
let connection: LiveConnection;

/** Lets the browser give up, and waits for exactly as long as the status says. */
async function failOnce(): Promise<void> {
  latest().onFault(true);
  const said = status();
  if (said?.phase !== 'lost' || said.retryAt === null) throw new Error('No further attempt was announced.');
  await clock.advance(said.retryAt - clock.monotonic());
}

const latest = () => opened.at(-1)!;
const status = () => statuses.at(-1);

beforeEach(() => {
  clock = new TestClock();
  opened = [];
  statuses = [];
  usable = true;
  connection = new LiveConnection({
    open: (handlers) => {
      const stream: Opened = { ...handlers, at: clock.monotonic(), isClosed: false };
      opened.push(stream);
      return {
        close: () => {
          stream.isClosed = true;
        },
      };
    },
    clock,
    random: () => 1,
    onMessage: () => usable,
    onStatus: (each) => statuses.push(each),
  });
  connection.start();
});

it('is live from the first message on', () => {
  expect(status()).toEqual({ phase: 'connecting' });
  latest().onOpen();
  expect(status()).toEqual({ phase: 'connecting' });
  latest().onMessage('snapshot', '{}');
  expect(status()).toEqual({ phase: 'live' });
});

describe('a broken stream', () => {
  it('is left to the browser while the browser tries itself', async () => {
    latest().onMessage('snapshot', '{}');
    latest().onFault(false);
    expect(status()).toEqual({ phase: 'lost', retryAt: null });
    await clock.advance(3_000);
    expect(opened).toHaveLength(1);
    latest().onMessage('delta', '{}');
    expect(status()).toEqual({ phase: 'live' });
  });

  it('is opened anew, ever more slowly but never more than 15 s apart, when the browser gives up', async () => {
    const delays: number[] = [];
    for (let attempt = 1; attempt <= 8; attempt += 1) {
      const failedAt = clock.monotonic();
      await failOnce();
      delays.push(latest().at - failedAt);
    }
    expect(opened).toHaveLength(9);
    expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('says when it will be tried again', () => {
    latest().onFault(true);
    expect(status()).toEqual({ phase: 'lost', retryAt: 500 });
  });

  it('stays lost, not connecting, until a message has come', async () => {
    latest().onFault(true);
    await clock.advance(500);
    expect(status()).toEqual({ phase: 'lost', retryAt: null });
    latest().onOpen();
    expect(status()).toEqual({ phase: 'lost', retryAt: null });
  });

  it('is tried at once when asked, and from then on quickly again', async () => {
    for (let attempt = 1; attempt <= 5; attempt += 1) await failOnce();
    latest().onFault(true);
    connection.retryNow();
    expect(opened).toHaveLength(7);
    latest().onFault(true);
    await clock.advance(500);
    expect(opened).toHaveLength(8);
  });
});

describe('a silent stream', () => {
  it('is given up after 12 s without a word, though it looks open', async () => {
    latest().onMessage('snapshot', '{}');
    await clock.advance(11_999);
    expect(latest().isClosed).toBe(false);
    await clock.advance(1);
    expect(latest().isClosed).toBe(true);
    expect(status()?.phase).toBe('lost');
    await clock.advance(500);
    expect(opened).toHaveLength(2);
  });

  it('is kept by every message', async () => {
    for (let second = 0; second < 60; second += 2) {
      latest().onMessage('delta', '{}');
      await clock.advance(2_000);
    }
    expect(opened).toHaveLength(1);
  });
});

it('a message that cannot be used leads to a fresh stream', async () => {
  usable = false;
  latest().onMessage('delta', '{}');
  expect(latest().isClosed).toBe(true);
  await clock.advance(500);
  expect(opened).toHaveLength(2);
});

it('what an abandoned stream still says is not heard', async () => {
  const abandoned = latest();
  connection.retryNow();
  const said = statuses.length;
  abandoned.onMessage('delta', '{}');
  abandoned.onFault(true);
  expect(statuses).toHaveLength(said);
});

it('stopped, it leaves no timer behind', () => {
  connection.stop();
  expect(latest().isClosed).toBe(true);
  expect(clock.pending).toBe(0);
});
