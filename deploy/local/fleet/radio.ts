import { Agent, type ClientRequestArgs, request } from 'node:http';
import { connect } from 'node:net';
import { canBind, proxyHeader } from '../sims/index.ts';

/** How long one post may take, in ms. */
const POST_TIMEOUT_MS = 30_000;

/** The way from devices to Funnel. Each SIM has a connection of its own, kept open. */
export interface Radio {
  /** Posts a JSON body from a SIM's address and resolves with the HTTP status; rejects when the link fails. */
  post(from: string, body: Buffer): Promise<number>;
  close(): void;
}

/**
 * A radio to `funnelUrl`. A SIM is its source address; where the system has only 127.0.0.1 (macOS), the connection
 * begins with a PROXY protocol header that names it.
 */
export async function openRadio(funnelUrl: string, probeAddress: string): Promise<Radio> {
  const agent = await simulatedSources(probeAddress);
  return {
    post: (from, body) => post(funnelUrl, agent, from, body),
    close: () => agent.destroy(),
  };
}

/** Connections whose `localAddress` is the SIM, kept open; by the PROXY protocol where the system cannot bind it. */
export async function simulatedSources(probeAddress: string): Promise<Agent> {
  return (await canBind(probeAddress)) ? new Agent({ keepAlive: true }) : new ProxyingAgent({ keepAlive: true });
}

function post(url: string, agent: Agent, from: string, body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: 'POST',
      agent,
      localAddress: from, // connections are kept by it, so each SIM has its own
      timeout: POST_TIMEOUT_MS,
      headers: { 'content-type': 'application/json', 'content-length': body.length },
    });
    sent.on('response', (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode ?? 0));
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`Funnel gave no answer within ${POST_TIMEOUT_MS} ms.`)));
    sent.on('error', reject);
    sent.end(body);
  });
}

class ProxyingAgent extends Agent {
  override createConnection({ host, port, localAddress }: ClientRequestArgs) {
    const socket = connect({ host: host ?? '127.0.0.1', port: Number(port), noDelay: true });
    socket.write(proxyHeader(localAddress ?? '127.0.0.1', Number(port)));
    return socket;
  }
}
