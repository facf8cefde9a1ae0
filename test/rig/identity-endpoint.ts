import { generateKeyPairSync, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryDirectory } from './directory.ts';

const HEADER = 'header-of-the-identity-endpoint';
const SECOND_MS = 1000;

/** Client ids of the identities that are assigned; what each may do is the hub's matter. */
export const RECEIVER = '11111111-0000-4000-8000-000000000001';
export const SENDER = '11111111-0000-4000-8000-000000000002';
export const STRANGER = '11111111-0000-4000-8000-000000000003';

/** An identity's object id is not its client id. */
const objectIdOf = (clientId: string) => clientId.replace('4000-8000', '4000-9000');

/** Azure's endpoint for managed identities as Container Apps have it, with a key of its own that signs the tokens. */
export class IdentityEndpoint {
  readonly #privateKey;
  readonly #publicKey: string;
  readonly #lifetimeMs: number;
  readonly #issued: string[] = [];
  #url = '';
  #asked = 0;
  #away = false;

  private constructor(lifetimeMs: number) {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    this.#privateKey = privateKey;
    this.#publicKey = publicKey.export({ type: 'spki', format: 'pem' }).toString();
    this.#lifetimeMs = lifetimeMs;
  }

  /** @param lifetimeMs how long a token is good, in whole seconds */
  static async start(lifetimeMs: number): Promise<IdentityEndpoint> {
    const endpoint = new IdentityEndpoint(lifetimeMs);
    const server = createServer((request, response) => endpoint.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
    endpoint.#url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`;
    return endpoint;
  }

  /** What Container Apps set in a program's environment. */
  get env(): Readonly<Record<string, string>> {
    return { IDENTITY_ENDPOINT: this.#url, IDENTITY_HEADER: HEADER };
  }

  /** The tokens given so far. */
  get issued(): readonly string[] {
    return this.#issued;
  }

  /** How often it was asked, answered or not. */
  get asked(): number {
    return this.#asked;
  }

  /** From now on it ends each connection without an answer. */
  goAway(): void {
    this.#away = true;
  }

  comeBack(): void {
    this.#away = false;
  }

  /** For the stand-in's `--identities`: its tokens are believed, and two of three identities have a role. */
  identitiesFile(): string {
    const file = join(temporaryDirectory(), 'identities.json');
    const roles = {
      [objectIdOf(RECEIVER)]: 'Azure Event Hubs Data Receiver',
      [objectIdOf(SENDER)]: 'Azure Event Hubs Data Sender',
    };
    writeFileSync(file, JSON.stringify({ publicKey: this.#publicKey, roles }));
    return file;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    this.#asked++;
    if (this.#away) {
      request.socket.destroy();
      return;
    }
    const { searchParams: asked } = new URL(request.url!, this.#url);
    const clientId = asked.get('client_id') ?? '';
    if (request.headers['x-identity-header'] !== HEADER || asked.get('api-version') !== '2019-08-01') {
      response.writeHead(401).end();
    } else if (![RECEIVER, SENDER, STRANGER].includes(clientId)) {
      response
        .writeHead(400, { 'content-type': 'application/json' })
        .end(JSON.stringify({ statusCode: 400, message: 'Unable to load the proper Managed Identity.' }));
    } else {
      const expiresOn = Math.floor((Date.now() + this.#lifetimeMs) / SECOND_MS);
      const token = this.#token({ aud: asked.get('resource'), oid: objectIdOf(clientId), exp: expiresOn });
      this.#issued.push(token);
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ access_token: token, expires_on: String(expiresOn), token_type: 'Bearer' }));
    }
  }

  #token(payload: object): string {
    const text = [{ alg: 'RS256', typ: 'JWT' }, payload].map(encoded).join('.');
    return `${text}.${sign('RSA-SHA256', Buffer.from(text), this.#privateKey).toString('base64url')}`;
  }
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
