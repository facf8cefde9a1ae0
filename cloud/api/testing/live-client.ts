import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { LiveMessage } from '../shapes.ts';

export interface LiveEvent {
  readonly event: string;
  readonly id: string;
  readonly data: LiveMessage;
}

const WAIT_MS = 20_000;

/** A client of the live feed over a real socket, reading the event stream as the HTML standard has it. */
export class LiveClient {
  readonly comments: string[] = [];
  readonly url: string;
  response!: IncomingMessage;
  readonly #request: ClientRequest;
  readonly #events: LiveEvent[] = [];
  #unparsed = '';
  #wake: (() => void) | undefined;

  private constructor(url: string, outgoing: ClientRequest) {
    this.url = url;
    this.#request = outgoing;
  }

  /** Connects; with `lastEventId` it resumes. `paused` leaves everything unread. */
  static async open(url: string, options: { lastEventId?: string; paused?: boolean } = {}): Promise<LiveClient> {
    const headers = {
      accept: 'text/event-stream',
      ...(options.lastEventId !== undefined && { 'last-event-id': options.lastEventId }),
    };
    const outgoing = request(`${url}/api/live`, { headers, agent: false });
    outgoing.on('error', () => {});
    outgoing.end();
    const client = new LiveClient(url, outgoing);
    [client.response] = (await once(outgoing, 'response')) as [IncomingMessage];
    client.response.on('error', () => {}); // a stream that the server drops
    client.response.on('close', () => client.#wake?.());
    if (options.paused) client.response.pause();
    else client.response.on('data', (chunk: Buffer) => client.#take(chunk.toString()));
    return client;
  }

  /** The next event that has not been taken yet. @throws Error if none comes within 20 s */
  async next(): Promise<LiveEvent> {
    const event = await this.#waitFor(() => this.#events.shift());
    if (!event) throw new Error('the stream ended, or no event came in time');
    return event;
  }

  /** Takes events until one satisfies `wanted`; answers that one. */
  async until(wanted: (event: LiveEvent) => boolean): Promise<LiveEvent> {
    for (;;) {
      const event = await this.next();
      if (wanted(event)) return event;
    }
  }

  /** Resolves when the server has ended or dropped the stream. */
  async closed(): Promise<void> {
    if (!this.response.closed) await once(this.response, 'close');
  }

  close(): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    const blocks = (this.#unparsed + text).split('\n\n');
    this.#unparsed = blocks.pop()!;
    for (const block of blocks) {
      if (block.startsWith(':')) this.comments.push(block);
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
      if (fields.data) this.#events.push({ event: fields.event, id: fields.id, data: JSON.parse(fields.data) });
    }
    this.#wake?.();
  }

  async #waitFor<T>(look: () => T | undefined): Promise<T | undefined> {
    const deadline = performance.now() + WAIT_MS;
    const timer = setTimeout(() => this.#wake?.(), WAIT_MS);
    try {
      for (;;) {
        const found = look();
        if (found !== undefined || performance.now() >= deadline || this.response.closed) return found;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
