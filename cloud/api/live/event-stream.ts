import type { ServerResponse } from 'node:http';

/** What a live client may leave unread before it is dropped; it resumes by the last id it saw. */
export const MOST_UNREAD_BYTES = 1_048_576;

/** A comment now and then keeps proxies from closing a stream that has nothing to say. */
export const HEARTBEAT: Buffer = Buffer.from(': \n\n');

/**
 * An event as the HTML standard's event stream has it. `data` is JSON in one line. As bytes, so that what a thousand
 * clients have not read yet is in memory once.
 */
export function frame(event: 'snapshot' | 'delta', id: string, data: string): Buffer {
  return Buffer.from(`event: ${event}\nid: ${id}\ndata: ${data}\n\n`);
}

/** One client's open stream. */
export class EventStream {
  readonly #response: ServerResponse;

  /** Writes the head. `headers` are those that every answer has. */
  constructor(response: ServerResponse, headers: Readonly<Record<string, unknown>>) {
    this.#response = response;
    response.socket?.setTimeout(0);
    response.socket?.setNoDelay(true);
    response.on('error', () => {}); // a client that goes away in mid-write
    response.writeHead(200, {
      ...(headers as Record<string, string>),
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 1000\n\n');
  }

  get open(): boolean {
    return !this.#response.destroyed && !this.#response.writableEnded;
  }

  /** Sends a framed event, unless the client has left too much unread: then it is dropped, and false is returned. */
  send(bytes: Buffer): boolean {
    if (!this.open) return false;
    if (this.#response.writableLength > MOST_UNREAD_BYTES) {
      this.#response.destroy();
      return false;
    }
    this.#response.write(bytes);
    return true;
  }

  /** Ends the stream in good order. */
  end(): void {
    if (this.open) this.#response.end();
  }

  onClose(callback: () => void): void {
    this.#response.once('close', callback);
  }
}
