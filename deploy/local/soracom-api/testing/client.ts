import { answerProblems, operationAt } from '../schema/index.ts';
import type { SoracomApi } from '../soracom-api.ts';

/** An answer that the schema allows. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they know is there
  readonly body: any;
}

export interface AskOptions {
  readonly body?: unknown;
  /** Instead of those of the session. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client that fails when the API answers anything that the schema does not allow. */
export class Client {
  readonly #api: SoracomApi;
  #session: Record<string, string> = {};

  constructor(api: SoracomApi) {
    this.#api = api;
  }

  /** Logs in with the API's own key. */
  async logIn(more: object = {}): Promise<Heard> {
    const heard = await this.ask('POST', '/auth', { body: { ...this.#api.authKey, ...more }, headers: {} });
    this.#session = { 'x-soracom-api-key': heard.body.apiKey, 'x-soracom-token': heard.body.token };
    return heard;
  }

  /** @param path below `/v1`, with its query */
  async ask(method: string, path: string, { body, headers = this.#session }: AskOptions = {}): Promise<Heard> {
    const answer = await fetch(`${this.#api.url}/v1${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const heard = { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    const asked = operationAt(method, path.split('?', 1)[0]!);
    const wrong = asked ? answerProblems(asked.operation, heard.status, heard.body) : [];
    if (wrong.length > 0) throw new Error(`${method} ${path} was answered against the schema: ${wrong.join('; ')}`);
    return heard;
  }

  /** All items of a list, and how many pages they took. */
  async all(path: string): Promise<{ readonly items: readonly Heard['body'][]; readonly pages: number }> {
    const items: Heard['body'][] = [];
    let key: string | null = null;
    for (let pages = 1; ; pages++) {
      const from: string =
        key === null ? '' : `${path.includes('?') ? '&' : '?'}last_evaluated_key=${encodeURIComponent(key)}`;
      const { body, headers } = await this.ask('GET', path + from);
      items.push(...body);
      key = headers.get('x-soracom-next-key');
      if (key === null) return { items, pages };
    }
  }
}
