import { Agent, request } from 'undici';
import { until } from './until.ts';

/** A device's connection: its source address is the SIM, as the radio network would have it. */
export class SimLine {
  readonly #agent: Agent;

  /** @param address an address of this machine, such as 127.1.0.1 */
  constructor(address: string) {
    this.#agent = new Agent({ connections: 1, localAddress: address });
  }

  /**
   * Posts until Funnel says that it took it; 503 is its way to say that it can't at the moment.
   *
   * @throws Error where Funnel refuses it, or has not taken it within two minutes
   */
  async postUntilTaken(funnelUrl: string, post: object): Promise<void> {
    const body = JSON.stringify(post);
    const status = await until(
      `Funnel to take ${body}`,
      async () => {
        const answer = await request(funnelUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
          dispatcher: this.#agent,
        });
        await answer.body.dump();
        return answer.statusCode !== 503 && answer.statusCode;
      },
      120_000,
    );
    if (status !== 204) throw new Error(`Funnel answered ${status} to ${body}`);
  }

  async get(url: string): Promise<{ readonly status: number; readonly body: string }> {
    const answer = await request(url, { dispatcher: this.#agent });
    return { status: answer.statusCode, body: await answer.body.text() };
  }

  close(): Promise<void> {
    return this.#agent.close();
  }
}
