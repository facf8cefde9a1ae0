import type { Clock, Duration } from '@tashika/shared/time';
import type NodeVault from 'node-vault';
import { failureOf, unanswered, type VaultCall } from './failure.ts';
import type { Grant } from './lease.ts';
import { type VaultRequest, type VaultResponse, vaultTransport } from './transport.ts';
import type { VaultAnswer } from './vault.ts';

/** A token that a login gave, or a renewal. */
export interface GrantedToken extends Grant {
  readonly token: string;
}

/** An answer with what only a login has. */
export interface CallAnswer extends VaultAnswer {
  readonly auth?: GrantedToken;
}

export interface CallOptions {
  /** Absent for what needs no login. */
  readonly token?: string;
  readonly body?: object;
  readonly wrapTtlMs?: Duration;
}

/** Where calls go. */
export interface VaultPlace {
  readonly address: string;
  readonly namespace?: string;
  /** PEM of the authorities that are trusted. */
  readonly ca?: string;
  /** Whose policies decide, for the sentence of a refusal. */
  readonly role?: string;
}

/** What of node-vault's client is used, some of which its types leave out. */
type Client = Pick<NodeVault.client, 'read' | 'write' | 'list' | 'delete'> & {
  token: string;
  namespace: string;
  pathPrefix: string;
  handleVaultResponse(response: VaultResponse): unknown;
};

/**
 * Single calls to Vault by node-vault: no session, no second attempt. node-vault knows the verbs, paths and headers;
 * what it takes from the environment by itself, and what it would write to a debug log, is kept from it.
 */
export class VaultCalls {
  readonly #client: Client;
  readonly #place: VaultPlace;
  #answers: boolean | undefined;

  private constructor(place: VaultPlace, client: Client) {
    this.#place = place;
    this.#client = client;
  }

  /** Loads the library with the first session: it takes 19 MB, and most programs have no session. */
  static async to(place: VaultPlace, clock: Clock): Promise<VaultCalls> {
    const { default: nodeVault } = await import('node-vault');
    const send = vaultTransport(clock, place.ca);
    const client = nodeVault({
      endpoint: place.address,
      debug: () => {},
      'request-promise': { defaults: () => (sent: VaultRequest) => send(sent) },
    }) as unknown as Client;
    client.token = '';
    client.namespace = place.namespace ?? '';
    client.pathPrefix = '';
    client.handleVaultResponse = (response) => response;
    return new VaultCalls(place, client);
  }

  /** Whether the last call was answered by a Vault that is unsealed; undefined before the first. */
  get answers(): boolean | undefined {
    return this.#answers;
  }

  /** @throws VaultFailure */
  async ask(call: VaultCall, { token, body = {}, wrapTtlMs }: CallOptions = {}): Promise<CallAnswer> {
    const headers = {
      ...(token !== undefined && { 'X-Vault-Token': token }),
      ...(wrapTtlMs !== undefined && { 'X-Vault-Wrap-TTL': `${Math.ceil(wrapTtlMs / 1000)}s` }),
    };
    const response = await this.#send(call, body, { headers });
    const { statusCode: status } = response;
    if (status === 200 && !isObject(response.body)) {
      this.#answers = false;
      throw unanswered(this.#place.address, new Error('what answers there is not Vault'));
    }
    const failure = status === 200 || status === 204 ? undefined : failureOf(call, response, this.#place);
    this.#answers = failure?.code !== 'VAULT_UNREACHABLE' && failure?.code !== 'VAULT_SEALED';
    if (failure) throw failure;
    return answerOf(response.body);
  }

  async #send({ verb, path }: VaultCall, body: object, options: object): Promise<VaultResponse> {
    try {
      if (verb === 'write') return (await this.#client.write(path, body, options)) as VaultResponse;
      return (await this.#client[verb](path, options)) as VaultResponse;
    } catch (error) {
      this.#answers = false;
      throw unanswered(this.#place.address, error);
    }
  }
}

function answerOf(body: unknown): CallAnswer {
  const { data, lease_id, lease_duration, renewable, auth, wrap_info } = (body ?? {}) as {
    data?: unknown;
    lease_id?: string;
    lease_duration?: number;
    renewable?: boolean;
    auth?: { client_token: string; lease_duration: number; renewable: boolean } | null;
    wrap_info?: { token: string; ttl: number } | null;
  };
  return {
    data: isObject(data) ? data : {},
    ...(lease_id && {
      lease: { id: lease_id, durationMs: (lease_duration ?? 0) * 1000, renewable: renewable === true },
    }),
    ...(auth && {
      auth: { token: auth.client_token, durationMs: auth.lease_duration * 1000, renewable: auth.renewable },
    }),
    ...(wrap_info && { wrapped: { token: wrap_info.token, ttlMs: wrap_info.ttl * 1000 } }),
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
