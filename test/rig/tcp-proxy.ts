import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { BackendStream, FrontendStream } from './postgres-wire.ts';

/** What becomes of a COMMIT on its way to the server. */
export type CommitFate =
  /** It arrives, and so does its answer. */
  | 'pass'
  /** The connection is cut before it arrives: the server rolls back. */
  | 'never-arrives'
  /** The connection is cut when the server has committed and said so: the client cannot know. */
  | 'answer-lost';

/** A transaction whose COMMIT is on its way. */
export interface Committing {
  /** Of all COMMITs that the proxy saw, from 1. */
  readonly number: number;
  /** The SQL of the transaction's statements before it. */
  readonly statements: readonly string[];
}

/** A proxy between PostgreSQL's clients and its server that can cut a connection at its COMMIT. */
export interface TcpProxy {
  /** The database's connection string, by way of the proxy. */
  readonly url: string;
  /** How many connections were cut so far, by what became of their COMMIT. */
  readonly cut: Readonly<Record<Exclude<CommitFate, 'pass'>, number>>;
}

/** Starts a proxy before the server of `databaseUrl`. It goes with the test. */
export async function startTcpProxy(
  databaseUrl: string,
  fateOf: (committing: Committing) => CommitFate,
): Promise<TcpProxy> {
  const url = new URL(databaseUrl);
  const target = { host: url.hostname, port: Number(url.port), noDelay: true };
  const sockets = new Set<Socket>();
  const cut = { 'never-arrives': 0, 'answer-lost': 0 };
  let commits = 0;

  const server = createServer((client) => {
    const upstream = connect(target);
    client.setNoDelay(true);
    let losesAnswer = false;
    const end = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', end); // a peer that resets is one that is gone
      socket.on('close', () => {
        sockets.delete(socket);
        end();
      });
    }
    const toServer = new FrontendStream({
      forward: (message) => upstream.write(message),
      answer: (message) => client.write(message),
      committing(statements) {
        const fate = fateOf({ number: ++commits, statements });
        if (fate === 'answer-lost') losesAnswer = true;
        if (fate !== 'never-arrives') return true;
        cut['never-arrives']++;
        end();
        return false;
      },
    });
    const toClient = new BackendStream({
      forward: (message) => client.write(message),
      completed(tag) {
        if (!losesAnswer) return true;
        if (tag === undefined || tag === 'ROLLBACK') losesAnswer = false; // refused: nothing to be uncertain of
        if (tag !== 'COMMIT') return true;
        cut['answer-lost']++;
        end();
        return false;
      },
    });
    client.on('data', (chunk) => toServer.push(chunk));
    upstream.on('data', (chunk) => toClient.push(chunk));
  });

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((closed) => server.close(closed));
  });
  return { url: url.href, cut };
}
