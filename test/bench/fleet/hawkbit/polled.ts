import { cpuSeconds, load, residentBytes } from '../../process.ts';
import { quantile } from '../../result.ts';
import { type PollLoad, poll, withToken } from '../poll-load.ts';
import { type Answers, lookAtAnswers } from './answers.ts';
import { IDLE, type MeasuredServer } from './measured.ts';

const CONNECTIONS = 64;

/** How a server took the polls of devices that have nothing to do. */
export interface Polled {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly cpuMicroseconds: number;
  readonly residentBytes: number;
  readonly answers: Answers;
  readonly load: number;
}

/** Polls for `warmSeconds`, so that a compiler that compiles as it runs has done so, and then measures for `seconds`. */
export async function measurePolls(server: MeasuredServer, warmSeconds: number, seconds: number): Promise<Polled> {
  const { base, tenant } = server;
  const pid = server.process.pid!;
  const polls: PollLoad = { base, tenant, devices: IDLE.count, connections: CONNECTIONS, headersOf: withToken };
  await poll(polls, Number.POSITIVE_INFINITY, warmSeconds);
  const before = cpuSeconds(pid);
  const { took, seconds: passed, offered } = await poll(polls, Number.POSITIVE_INFINITY, seconds);
  if (offered > 0) throw new Error(`${server.name} offered something to ${offered} devices that have nothing to do.`);
  return {
    perSecond: took.length / passed,
    p50Ms: quantile(took, 0.5),
    p99Ms: quantile(took, 0.99),
    cpuMicroseconds: (1e6 * (cpuSeconds(pid) - before)) / took.length,
    residentBytes: residentBytes(pid),
    load: load(),
    answers: await lookAtAnswers(server, IDLE),
  };
}
