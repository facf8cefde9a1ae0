import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { count } from '@tashika/shared/sequence';
import { type DecodedReading, decodePayload } from '@tashika/shared/telemetry';
import { News } from './news.ts';

/** Where the agent's posts end: it takes each and keeps what it reads, in the order of the readings' numbers. */
export class Receiver {
  readonly #readings: DecodedReading[] = [];
  readonly #news = new News();
  /** Of each stream, the number of the reading that comes next. */
  readonly #next = new Map<string | null, number>();
  #lost = 0;
  readonly #server: Server;

  private constructor() {
    this.#server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request.setEncoding('utf8')) body += chunk;
      this.#take(body);
      response.writeHead(204).end();
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** How many streams there were. */
  get streams(): number {
    return this.#next.size;
  }

  /** Readings that an agent told as lost, or whose number was passed over. */
  get lost(): number {
    return this.#lost;
  }

  /** The values of one sensor so far. */
  valuesOf(sensor: string): DecodedReading['value'][] {
    return this.#readings.filter(({ name }) => name === sensor).map(({ value }) => value);
  }

  /** Resolves with what `look` finds, as soon as a post makes it find something. */
  async until<T>(what: string, look: () => T | undefined | false, deadlineMs = 60_000): Promise<T> {
    const complaint = () => `Waited ${deadlineMs} ms for ${what}; readings so far: ${this.#readings.length}`;
    return this.#news.until(look, deadlineMs, complaint);
  }

  #take(body: string): void {
    const decoded = decodePayload(JSON.parse(body), Date.now());
    if (!decoded.ok) throw new Error(`The agent posted what can't be decoded: ${body}`);
    const { stream, seq, readings, lost } = decoded.value;
    const next = this.#next.get(stream) ?? 1;
    this.#lost += count(lost) + Math.max(0, seq - next);
    this.#readings.push(...readings.slice(Math.max(0, next - seq)));
    this.#next.set(stream, Math.max(next, seq + readings.length));
    this.#news.tell();
  }
}
