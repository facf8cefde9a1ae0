import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A request as it came. */
export interface Received {
  readonly method: string;
  /** Without `/v1/`. */
  readonly path: string;
  readonly token: string | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

/** What is answered: 200 with a JSON body if nothing else is said; `text` for what is no JSON. */
export interface Scripted {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly text?: string;
}

/** Undefined leaves a request without an answer. */
type Script = (request: Received) => Scripted | undefined;

/** An HTTP server that answers as a test says, for what a real Vault does rarely. */
export class ScriptedVault {
  readonly received: Received[] = [];
  readonly #server = createServer();
  #answer: Script;
  #connections = 0;

  private constructor(answer: Script) {
    this.#answer = answer;
    this.#server.on('connection', (socket) => {
      this.#connections++;
      socket.on('close', () => this.#connections--);
    });
    this.#server.on('request', async (request, response) => {
      const body = await text(request);
      const received = {
        method: request.method!,
        path: request.url!.replace(/^\/v1\//, ''),
        token: request.headers['x-vault-token'] as string | undefined,
        headers: request.headers,
        body: body === '' ? {} : (JSON.parse(body) as Record<string, unknown>),
      };
      this.received.push(received);
      const scripted = this.#answer(received);
      if (!scripted) return;
      const { status = 200, headers = {}, body: answered, text: plain } = scripted;
      response.writeHead(status, headers).end(plain ?? (answered === undefined ? '' : JSON.stringify(answered)));
    });
  }

  static async start(answer: Script): Promise<ScriptedVault> {
    const vault = new ScriptedVault(answer);
    await new Promise<void>((resolve) => vault.#server.listen(0, '127.0.0.1', resolve));
    return vault;
  }

  get address(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** From now on it answers so. */
  say(answer: Script): void {
    this.#answer = answer;
  }

  /** `METHOD path` of each request. */
  get asked(): readonly string[] {
    return this.received.map(({ method, path }) => `${method} ${path}`);
  }

  /** Lets requests that are under way be answered and the answers be taken: they take no time of a test clock. */
  async settled(): Promise<void> {
    for (let turn = 0; turn < 10 || this.#connections > 0; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}

/** The answer of a login or a renewal. */
export function tokenAnswer(client_token: string, lease_duration: number, renewable = true): Scripted {
  return { body: { auth: { client_token, lease_duration, renewable } } };
}

/** The answer of a refusal. */
export function refusal(status: number, ...errors: string[]): Scripted {
  return { status, body: { errors } };
}
