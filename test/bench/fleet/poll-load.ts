import { Pool } from 'undici';

/** Devices that ask a server what is due. */
export interface PollLoad {
  /** Where the server listens. */
  readonly base: string;
  readonly tenant: string;
  /** Known devices, `gateway-0` and on, that ask one after the other. */
  readonly devices: number;
  readonly connections: number;
  /** With what a device proves who it is. */
  readonly headersOf: (device: number) => Record<string, string>;
}

export interface PolledRun {
  readonly seconds: number;
  /** Of each answer, in ms. */
  readonly took: readonly number[];
  /** Answers that link to something to install. */
  readonly offered: number;
}

/** Device after device, over so many connections, until `most` were answered or `seconds` are over. */
export async function poll(load: PollLoad, most: number, seconds = Number.POSITIVE_INFINITY): Promise<PolledRun> {
  const { base, tenant, devices, connections, headersOf } = load;
  const pool = new Pool(base, { connections });
  const took: number[] = [];
  let asked = 0;
  let offered = 0;
  const began = performance.now();
  async function oneAfterAnother(): Promise<void> {
    while (asked < most && performance.now() - began < 1_000 * seconds) {
      const device = asked++ % devices;
      const at = performance.now();
      const path = `/${tenant}/controller/v1/gateway-${device}`;
      const { statusCode, body } = await pool.request({ method: 'GET', path, headers: headersOf(device) });
      const text = await body.text();
      took.push(performance.now() - at);
      if (statusCode !== 200) throw new Error(`${path} was answered ${statusCode}: ${text}`);
      if (text.includes('deploymentBase')) offered++;
    }
  }
  await Promise.all(Array.from({ length: connections }, oneAfterAnother));
  const passed = (performance.now() - began) / 1_000;
  await pool.close();
  return { seconds: passed, took, offered };
}

/** A device's own token; `''` is what all begin with. */
export function tokenOf(device: number | ''): string {
  return `token-of-${device}`;
}

/** A device with a token of its own. */
export function withToken(device: number): Record<string, string> {
  return { authorization: `TargetToken ${tokenOf(device)}` };
}
