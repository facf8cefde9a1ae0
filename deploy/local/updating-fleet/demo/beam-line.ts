import { type Agent, request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { addressOf, simulatedSources } from '../../fleet/index.ts';
import type { Answer, Ask } from '../updater.ts';

const ANSWER_WITHIN_MS = 10_000;

/** The way from simulated devices to Beam, each from the address that is its SIM. */
export interface BeamLine {
  /** The way of the n-th device. */
  from(n: number): Ask;
  close(): void;
}

export async function openBeamLine(beamUrl: string): Promise<BeamLine> {
  const agent = await simulatedSources(addressOf(0));
  return {
    from: (n) => (method, path, body) => ask(new URL(path, beamUrl), agent, addressOf(n), method, body),
    close: () => agent.destroy(),
  };
}

function ask(url: URL, agent: Agent, localAddress: string, method: string, body?: object): Promise<Answer> {
  const text = body && JSON.stringify(body);
  const headers = text === undefined ? {} : { 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, agent, localAddress, headers, timeout: ANSWER_WITHIN_MS });
    asked.on('response', (response) => {
      buffer(response).then((bytes) => resolve({ status: response.statusCode ?? 0, body: bytes }), reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`Beam gave no answer within ${ANSWER_WITHIN_MS} ms.`)));
    asked.on('error', reject);
    asked.end(text);
  });
}
