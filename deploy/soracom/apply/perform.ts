import { TashikaError } from '@tashika/shared/errors';
import { type Account, type ActualGroup, groupShown, nameOf } from '../account/index.ts';
import { type Method, type RequestOptions, type SoracomApi, UnclearOutcome } from '../api/index.ts';
import { type Action, laidValues } from '../plan/index.ts';
import { identityOf, type Secrets } from './secrets.ts';

const ATTEMPTS = 5;

type CredentialAction = Extract<Action, { fields: unknown }>;

/** Does actions, each by a request that may be repeated, or by one whose outcome is looked at where it stays unclear. */
export class Performer {
  readonly #api: SoracomApi;
  readonly #secrets: Secrets;
  /** By name, as they are now. */
  readonly #groups: Map<string, ActualGroup>;

  constructor(api: SoracomApi, secrets: Secrets, account: Account) {
    this.#api = api;
    this.#secrets = secrets;
    this.#groups = new Map(account.groups.map((group) => [nameOf(group) ?? group.groupId, group]));
  }

  /** @throws TashikaError `SORACOM_…`, `VAULT_…`; the signal's reason */
  async perform(action: Action): Promise<void> {
    switch (action.do) {
      case 'create-credential':
        return this.#createCredential(action);
      case 'update-credential':
        return this.#send('PUT', pathOf('credentials', action.credential), { body: await this.#contentOf(action) });
      case 'delete-credential':
        return this.#send('DELETE', pathOf('credentials', action.credential), { accept: [404] });
      case 'create-group':
        return this.#createGroup(action);
      case 'set-group-tags':
        return this.#changeGroup(action.group, 'PUT', ['tags'], { body: tagList(action.tags) });
      case 'delete-group-tag':
        return this.#changeGroup(action.group, 'DELETE', ['tags', action.tag], { accept: [404] });
      case 'configure-group': {
        const before = this.#group(action.group).configuration[action.namespace] ?? {};
        const body = Object.entries(laidValues(before, action.values)).map(([key, value]) => ({ key, value }));
        return this.#changeGroup(action.group, 'PUT', ['configuration', action.namespace], { body });
      }
      case 'delete-group-key':
        return this.#changeGroup(action.group, 'DELETE', ['configuration', action.namespace, action.key], {
          accept: [404],
        });
      case 'clear-namespace': // 400 is the answer for one that is gone already
        return this.#changeGroup(action.group, 'DELETE', ['configuration', action.namespace], { accept: [400, 404] });
      case 'delete-group':
        return this.#changeGroup(action.group, 'DELETE', [], { accept: [404] });
      case 'set-sim-tags':
        return this.#send('PUT', pathOf('sims', action.sim, 'tags'), { body: tagList(action.tags) });
      case 'delete-sim-tag':
        return this.#send('DELETE', pathOf('sims', action.sim, 'tags', action.tag), { accept: [404] });
      case 'move-sim': {
        const { groupId } = this.#group(action.group);
        return this.#send('POST', pathOf('sims', action.sim, 'set_group'), { body: { groupId } });
      }
      case 'release-sim':
        return this.#send('POST', pathOf('sims', action.sim, 'unset_group'), {});
    }
  }

  async #send(method: Method, path: string, options: RequestOptions): Promise<void> {
    await this.#api.request(method, path, options);
  }

  /** The group in the answer is what the next change is laid over. */
  async #changeGroup(name: string, method: Method, path: readonly string[], options: RequestOptions): Promise<void> {
    const { groupId } = this.#group(name);
    const { body } = await this.#api.request(method, pathOf('groups', groupId, ...path), options);
    if (isGroup(body)) this.#groups.set(name, groupShown(body));
  }

  #group(name: string): ActualGroup {
    const group = this.#groups.get(name);
    if (group) return group;
    throw new TashikaError('SORACOM_REFUSED', `The account has no group ${name}. Make a new plan.`);
  }

  async #createCredential(action: CredentialAction): Promise<void> {
    const path = pathOf('credentials', action.credential);
    const body = await this.#contentOf(action);
    await this.#once(
      () => this.#api.request('POST', path, { body, once: true }),
      async () => {
        const { body: listed } = await this.#api.request('GET', '/credentials');
        const isThere = (listed as { credentialsId?: unknown }[]).some(
          ({ credentialsId }) => credentialsId === action.credential,
        );
        if (isThere) await this.#send('PUT', path, { body });
        return isThere;
      },
    );
  }

  async #createGroup({ group: name, tags, configuration }: Extract<Action, { do: 'create-group' }>): Promise<void> {
    const keep = (shown: unknown) => {
      if (isGroup(shown)) this.#groups.set(name, groupShown(shown));
    };
    await this.#once(
      async () =>
        keep((await this.#api.request('POST', '/groups', { body: { tags, configuration }, once: true })).body),
      async () => {
        for await (const page of this.#api.pages('/groups', { tag_name: 'name', tag_value: name })) keep(page[0]);
        return this.#groups.has(name);
      },
    );
  }

  /** Does what must not be done twice: where it stays unclear whether it was done, looks. */
  async #once(create: () => Promise<unknown>, isDone: () => Promise<boolean>): Promise<void> {
    let reason = '';
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      try {
        await create();
        return;
      } catch (error) {
        if (!(error instanceof UnclearOutcome)) throw error;
        reason = error.message;
      }
      if (await isDone()) return;
    }
    throw new TashikaError('SORACOM_UNREACHABLE', `SORACOM does not answer as it should: ${reason}.`);
  }

  /** The plan was made of a secret; another one must not be stored in its name. */
  async #contentOf(action: CredentialAction) {
    const credentials = await this.#secrets.contentOf(action.credential, action.fields);
    assertSameSecret(action, credentials);
    const { type, description } = action;
    return { type, description, credentials };
  }
}

/** @throws TashikaError `SORACOM_PLAN_STALE` */
export function assertSameSecret(
  { credential, fingerprint }: { readonly credential: string; readonly fingerprint: string },
  content: Readonly<Record<string, string>>,
): void {
  const found = identityOf(content).fingerprint;
  if (found === fingerprint) return;
  throw new TashikaError(
    'SORACOM_PLAN_STALE',
    `The secret of the credential ${credential} is ${found} now, and the plan was made with ${fingerprint}. Make a new plan.`,
  );
}

function pathOf(...parts: readonly string[]): string {
  return `/${parts.map(encodeURIComponent).join('/')}`;
}

function tagList(tags: Readonly<Record<string, string>>): object {
  return Object.entries(tags).map(([tagName, tagValue]) => ({ tagName, tagValue }));
}

function isGroup(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && 'groupId' in body;
}
