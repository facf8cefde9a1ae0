import { EventHubProducerClient } from '@azure/event-hubs';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Outlet } from './outlet.ts';

/** A try takes no longer than this before the next one, in ms. */
const TRY_TIMEOUT_MS: Duration = 10_000;
const CLOSE_TIMEOUT_MS: Duration = 1_000;

interface Open {
  readonly outlet: Outlet;
  readonly client: EventHubProducerClient;
  users: number;
}

/**
 * The SDK's client for an outlet. When the outlet is signed for with another key, the next try goes through a new
 * client; what is under way through the former one is finished first, accepted or refused, so that a change of keys
 * neither loses an event nor sends one twice.
 */
export class Producer {
  readonly #outlet: () => Outlet;
  readonly #clock: Clock;
  #open: Open | undefined;
  readonly #closing = new Set<Promise<void>>();

  /**
   * @param outlet asked at each use
   * @throws what `outlet` throws, at each use
   */
  constructor(outlet: () => Outlet, clock: Clock) {
    this.#outlet = outlet;
    this.#clock = clock;
  }

  async use<Result>(work: (client: EventHubProducerClient) => Promise<Result>): Promise<Result> {
    const open = this.#current();
    open.users += 1;
    try {
      return await work(open.client);
    } finally {
      open.users -= 1;
      if (open !== this.#open) this.#closeUnused(open);
    }
  }

  /** Closes the connections. */
  async close(): Promise<void> {
    const open = this.#open;
    this.#open = undefined;
    if (open) this.#close(open);
    await Promise.all(this.#closing);
  }

  #current(): Open {
    const outlet = this.#outlet();
    const former = this.#open;
    if (former?.outlet.connectionString === outlet.connectionString) return former;
    const client = new EventHubProducerClient(outlet.connectionString, outlet.hub, {
      // Lanes retry themselves: the SDK's own retries would hide for how long a post has waited.
      retryOptions: { maxRetries: 0, timeoutInMs: TRY_TIMEOUT_MS },
    });
    const open: Open = { outlet, client, users: 0 };
    this.#open = open;
    if (former) this.#closeUnused(former);
    return open;
  }

  #closeUnused(open: Open): void {
    if (open.users === 0) this.#close(open);
  }

  #close({ client }: Open): void {
    const closing = Promise.race([client.close().catch(() => {}), this.#clock.sleep(CLOSE_TIMEOUT_MS)]);
    this.#closing.add(closing);
    void closing.then(() => this.#closing.delete(closing));
  }
}
