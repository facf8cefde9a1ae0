import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Post } from '@tashika/shared/telemetry';
import { onTestFinished } from 'vitest';

/** A post that Funnel said it took. */
export interface TappedPost {
  /** The address that it came from: its SIM. */
  readonly source: string;
  readonly post: Post;
}

export interface PostTap {
  readonly url: string;
  /** In the order of Funnel's answers. */
  readonly posts: readonly TappedPost[];
}

/** Stands between agents and Funnel, passes everything on as the SIM that it came from, and writes down what Funnel took. */
export async function startPostTap(funnelUrl: string): Promise<PostTap> {
  const posts: TappedPost[] = [];
  const lines = new Map<string, Agent>();
  const server = createServer((incoming, answer) => {
    const source = incoming.socket.remoteAddress!;
    const agent = lines.get(source) ?? new Agent({ keepAlive: true, localAddress: source });
    lines.set(source, agent);
    const chunks: Buffer[] = [];
    const gone = () => void answer.destroy();
    incoming.on('error', gone);
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const headers = { ...incoming.headers, host: new URL(funnelUrl).host };
      const passed = request(funnelUrl, { agent, method: 'POST', headers }, (taken) => {
        if (taken.statusCode === 204) posts.push({ source, post: JSON.parse(body.toString()) as Post });
        answer.writeHead(taken.statusCode!, taken.headers);
        taken.pipe(answer);
      });
      passed.on('error', gone);
      passed.end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    for (const agent of lines.values()) agent.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, posts };
}
