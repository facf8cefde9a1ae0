import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from './port.ts';
import { Program } from './program.ts';

export interface BrokerOptions {
  readonly dataDirectory: string;
  readonly hub: string;
  readonly partitions: number;
  /** Added to its command line. */
  readonly args?: readonly string[];
}

/** The Event Hubs stand-in as a process that can be killed, paused and started again on the same data and port. */
export class Broker {
  readonly hub: string;
  readonly #options: BrokerOptions;
  readonly #port: number;
  #program: Program | undefined;
  #send = '';
  #listen = '';

  private constructor(options: BrokerOptions, port: number) {
    this.hub = options.hub;
    this.#options = options;
    this.#port = port;
  }

  static async start(options: BrokerOptions): Promise<Broker> {
    const broker = new Broker(options, await freePort());
    await broker.start();
    return broker;
  }

  /** Connection string with the Send claim, as the broker printed it when it started. */
  get send(): string {
    return this.#send;
  }

  /** Connection string with the Listen claim. */
  get listen(): string {
    return this.#listen;
  }

  /** @param args instead of those it was made with */
  async start(args = this.#options.args ?? []): Promise<void> {
    const { dataDirectory, hub, partitions } = this.#options;
    this.#program = new Program('deploy/dist/local/event-hubs/main.js', [
      ...['--port', String(this.#port), '--data', dataDirectory],
      ...['--hub', `${hub}:${partitions}`],
      ...args,
    ]);
    this.#send = (await this.#program.printed(/^(Endpoint=\S*SharedAccessKeyName=send\S*)$/m))[1]!;
    this.#listen = (await this.#program.printed(/^(Endpoint=\S*SharedAccessKeyName=listen\S*)$/m))[1]!;
  }

  async stop(): Promise<void> {
    await this.#program?.stop();
  }

  /** Makes a new key for a policy, as an administrator who revokes the former one; it counts from the next start. */
  async replaceKey(policy: 'send' | 'listen'): Promise<void> {
    const file = join(this.#options.dataDirectory, 'keys.json');
    const keys = JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
    await writeFile(file, JSON.stringify({ ...keys, [policy]: randomBytes(32).toString('base64') }));
  }

  async kill9(): Promise<void> {
    await this.#program?.kill9();
  }

  /** Its connections stay open and nothing answers on them. */
  pause(): void {
    this.#program?.pause();
  }

  resume(): void {
    this.#program?.resume();
  }
}
