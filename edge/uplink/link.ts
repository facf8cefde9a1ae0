import type { LookupFunction } from 'node:net';
import type { Duration } from '@tashika/shared/time';
import type { EntryPoint } from './line-answer.ts';
import type { Verdict } from './verdict.ts';

export interface LinkOptions {
  /** Its scheme chooses the link: `http:`, `https:`, `tcp:`, `udp:` or `mqtt:`. */
  readonly url: string;
  /** Whose answers to expect. Standard: Funnel's. */
  readonly entry?: EntryPoint;
  /** Chooses the network interface. */
  readonly localAddress?: string | undefined;
  /** For the whole of one post, connecting included. */
  readonly timeoutMs: Duration;
  /** Most bytes of a post over TCP and UDP, so that it fits into one packet. */
  readonly packetBytes?: number;
  /** Where posts are published over MQTT. */
  readonly topic?: string;
  /** How names are resolved; the system's way where absent. */
  readonly lookup?: LookupFunction | undefined;
}

/** The way out: one post at a time, never rejecting. */
export interface Link {
  post(body: Buffer, signal: AbortSignal): Promise<Verdict>;
  close(): Promise<void>;
  /** Connections opened so far, where the link has connections. */
  readonly opened?: number;
  /** Bytes of all answers so far, where the link can tell. */
  readonly heardBytes?: number;
}

/** Host and port of a link's address. */
export function addressOf(url: string): { readonly host: string; readonly port: number } {
  const { hostname, port, protocol } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, ''); // an IPv6 address stands in brackets
  return { host, port: port === '' ? (STANDARD_PORTS[protocol] ?? 80) : Number(port) };
}

const STANDARD_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'tcp:': 23_080,
  'udp:': 23_080,
  'mqtt:': 1_883,
};
