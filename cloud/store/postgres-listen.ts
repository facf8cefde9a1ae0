import { messageOf } from '@tashika/shared/errors';
import type { Clock } from '@tashika/shared/time';
import pg from 'pg';
import type { Logger } from './store.ts';

const LISTEN_RETRY_MS = 500;

/** A subscription to a channel, over a connection of its own. */
export interface Subscription {
  /**
   * Goes on over a connection of the present login, and closes the one before. What was notified in between is told by
   * one empty payload, and nothing is told twice.
   *
   * @throws what connecting throws; the connection before is heard then as it was
   */
  moveOver(): Promise<void>;
  end(): Promise<void>;
}

export interface SubscriptionOptions {
  /** How to connect now: it may change. */
  readonly connection: () => pg.ClientConfig;
  readonly channel: string;
  readonly callback: (payload: string) => void;
  readonly logger: Logger;
  readonly clock: Clock;
  /** How long the server may take to answer. */
  readonly answerWithinMs: number;
}

/** A connection that listens. */
interface Listener {
  readonly client: pg.Client;
  /** Resolves when the connection is gone, with why if that is known. */
  readonly lost: Promise<Error | undefined>;
}

/** Subscribes; a connection that breaks is replaced until the subscription ends. */
export async function subscribe(options: SubscriptionOptions): Promise<Subscription> {
  const { connection, channel, callback, logger, clock, answerWithinMs } = options;
  const stopped = new AbortController();
  /** The connection whose notifications count: set before it listens, so that its first one does. */
  let heard: pg.Client | undefined;
  /** The last attempt to connect; never rejects. One follows the other, so that each knows which one it replaces. */
  let connecting: Promise<unknown> = Promise.resolve();

  function connect(): Promise<Listener> {
    const attempt = connecting.then(connectNow);
    connecting = attempt.catch(() => {});
    return attempt;
  }

  async function connectNow(): Promise<Listener> {
    const client = new pg.Client(connection());
    const lost = new Promise<Error | undefined>((resolve) => {
      client.on('error', resolve);
      client.on('end', () => resolve(undefined));
    });
    client.on('notification', (message) => {
      if (!stopped.signal.aborted && heard === client) callback(message.payload ?? '');
    });
    const before = heard;
    try {
      await client.connect();
      stopped.signal.throwIfAborted();
      heard = client;
      const statement = { text: `LISTEN ${pg.escapeIdentifier(channel)}`, query_timeout: answerWithinMs };
      await client.query(statement as pg.QueryConfig);
      stopped.signal.throwIfAborted();
      if (before) close(before);
      return { client, lost };
    } catch (error) {
      heard = before;
      close(client);
      if (stopped.signal.aborted && before) close(before);
      throw error;
    }
  }

  /** Undefined when the subscription ended, or goes on over another connection meanwhile. */
  async function reconnect(): Promise<Listener | undefined> {
    const broken = heard;
    while (!stopped.signal.aborted) {
      try {
        await clock.sleep(LISTEN_RETRY_MS, stopped.signal);
        if (heard !== broken) return undefined;
        return await connect();
      } catch (error) {
        if (!stopped.signal.aborted) logger.debug({ channel, error: messageOf(error) }, 'cannot listen yet');
      }
    }
    return undefined;
  }

  async function keepListening(listener: Listener): Promise<void> {
    const error = await listener.lost;
    close(listener.client);
    // Another one may be about to take its place, and fail: until then it is not known which counts.
    for (let last: unknown; last !== connecting; await last) last = connecting;
    if (stopped.signal.aborted || heard !== listener.client) return;
    logger.warn({ channel, error: error && messageOf(error) }, 'the connection that listens broke; reconnecting');
    const another = await reconnect();
    if (another) goOnWith(another);
  }

  function goOnWith(listener: Listener): void {
    void keepListening(listener);
    if (!stopped.signal.aborted) callback(''); // what was notified meanwhile is gone
  }

  void keepListening(await connect());
  return {
    async moveOver() {
      try {
        goOnWith(await connect());
      } catch (error) {
        if (!stopped.signal.aborted) callback(''); // while the new one was tried, the one before was not heard
        throw error;
      }
    },
    async end() {
      stopped.abort(new Error('unsubscribed'));
      await heard?.end().catch(() => {});
    },
  };
}

/** Closes a connection that may be broken, and so never answer. */
function close(client: pg.Client): void {
  client.end().catch(() => {});
}
