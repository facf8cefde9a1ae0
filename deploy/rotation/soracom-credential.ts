import type { Timestamp } from '@tashika/shared/time';
import type { SoracomApi } from '../soracom/api/index.ts';
import type { CredentialFacts, SoracomCredential } from './ports.ts';

type Shown = Readonly<Record<string, unknown>>;

const TYPE = 'azure-credentials';
const FUNNEL = 'SoracomFunnel';

/** A credential of SORACOM's store. */
export class SoracomCredentialInStore implements SoracomCredential {
  readonly id: string;
  readonly #api: SoracomApi;

  constructor(api: SoracomApi, id: string) {
    this.#api = api;
    this.id = id;
  }

  async read(): Promise<CredentialFacts | undefined> {
    const shown = await this.#found();
    if (!shown) return undefined;
    return {
      description: typeof shown.description === 'string' ? shown.description : '',
      updatedAt: timeIn(shown.updateDateTime) ?? timeIn(shown.createDateTime) ?? 0,
      lastUsedAt: timeIn(shown.lastUsedDateTime),
      usedBy: await this.#usedBy(),
    };
  }

  async write(parts: { policyName: string; key: string; description: string }): Promise<void> {
    const { policyName, key, description } = parts;
    this.#api.concealment.add(key);
    // The same request twice comes to the same, so it may be repeated.
    await this.#api.request('PUT', `/credentials/${encodeURIComponent(this.id)}`, {
      body: { type: TYPE, credentials: { policyName, key }, description },
    });
  }

  async #found(): Promise<Shown | undefined> {
    for await (const page of this.#api.pages<Shown>('/credentials')) {
      const found = page.find(({ credentialsId, type }) => credentialsId === this.id && type === TYPE);
      if (found) return found;
    }
    return undefined;
  }

  async #usedBy(): Promise<readonly string[]> {
    const groups: string[] = [];
    for await (const page of this.#api.pages<Shown>('/groups', { limit: '100' }))
      for (const { groupId, configuration } of page) {
        const funnel = objectIn(objectIn(configuration)[FUNNEL]);
        if (funnel.enabled === true && funnel.credentialsId === this.id) groups.push(String(groupId));
      }
    return groups;
  }
}

/** The deliveries that Funnel reports as failed since a time; one page of them tells enough. */
export async function funnelFailures(
  api: SoracomApi,
  since: Timestamp,
): Promise<{ failures: number; failure: string | undefined }> {
  const { body } = await api.request('GET', '/logs', { query: { service: 'Funnel', from: String(since) } });
  const entries = Array.isArray(body) ? (body as Shown[]) : [];
  const [newest] = entries;
  return {
    failures: entries.length,
    failure: newest && api.concealment.clean(JSON.stringify(newest.body ?? {})),
  };
}

function objectIn(value: unknown): Shown {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Shown) : {};
}

/** A credential that was never used tells null, or 0. */
function timeIn(value: unknown): Timestamp | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}
