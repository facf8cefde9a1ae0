import { type Clock, type Duration, systemClock } from '@tashika/shared/time';
import { closed, listen, listenOnBoth, portOf } from '../listening/index.ts';
import type { Sim } from '../sims/index.ts';
import { Delivery } from './delivery.ts';
import { type Faults, NO_FAULTS } from './faults.ts';
import { type FunnelGroup, STANDARD_GROUP } from './group.ts';
import { httpEntry } from './http-entry.ts';
import type { SharedAccessKey } from './outlet.ts';
import { Publishers } from './publishers.ts';
import { Reception } from './reception.ts';
import { type FunnelStats, noStats } from './stats.ts';
import { tcpEntry } from './tcp-entry.ts';
import { udpEntry } from './udp-entry.ts';
import { type OtherDestinations, unifiedAnswer } from './unified-answers.ts';

export interface FunnelOptions {
  /**
   * A Send-only connection string, with or without an EntityPath. Funnel alone holds it. Where `credentialOf` is given,
   * only its address counts.
   */
  readonly connectionString: string;
  /** Event hub of all groups where `credentialOf` is left out; standard `telemetry`. */
  readonly hub?: string;
  /**
   * The shared access policy and key that a credential holds, asked at each try; undefined for none of that name. Given,
   * a group's events are signed with its credential and go to the hub of its destination.
   */
  readonly credentialOf?: (credentialsId: string) => SharedAccessKey | undefined;
  readonly host?: string;
  /** Port of the HTTP entry point; 0 for any free one. */
  readonly httpPort?: number;
  /** Port of the TCP and UDP entry points; 0 for any that is free for both. */
  readonly port?: number;
  /** Port of the unified endpoint's HTTP entry point; 0 for any free one. Left out, there is none. */
  readonly unifiedPort?: number;
  /** The group of a SIM, undefined for a SIM in none. Standard: every SIM is in one JSON group. */
  readonly groupOf?: (sim: Sim) => FunnelGroup | undefined;
  /** How to misbehave from the start; see `Funnel.faults`. */
  readonly faults?: Partial<Faults>;
  readonly seed?: number;
  readonly clock?: Clock;
  /** How long a post waits for the hub before its device hears 503, in ms. */
  readonly holdMs?: Duration;
  /** The most that waits for the hub, in bytes. */
  readonly maxHeldBytes?: number;
  /** Told of each post taken. */
  readonly onTaken?: (sim: Sim) => void;
  /** Told when the hub can't be reached, with the reason, and undefined when it is back. */
  readonly onTrouble?: (reason: string | undefined) => void;
  /** Told of each post whose way to the hub failed, once, with the reason. It is tried again all the same. */
  readonly onDeliveryError?: (error: DeliveryError) => void;
}

/** Why a post did not reach the hub at the first try. */
export interface DeliveryError {
  readonly sim: Sim;
  readonly group: FunnelGroup;
  readonly reason: string;
}

export interface Funnel {
  readonly httpPort: number;
  readonly port: number;
  /** Undefined where it was not asked for. */
  readonly unifiedPort: number | undefined;
  /** Where the unified endpoint sends to besides; switch one on at any time, and its answers change shape. */
  readonly others: OtherDestinations;
  /** How Funnel misbehaves; change a rate at any time. */
  readonly faults: Faults;
  /** What it did so far, as of now. */
  readonly stats: FunnelStats;
  /** Takes no more posts, publishes what it holds within `withinMs`, and returns how many events it gave up. */
  stop(withinMs?: Duration): Promise<number>;
}

/**
 * Starts a stand-in for SORACOM Funnel: HTTP, TCP and UDP, with SORACOM's answers, envelope and limits, publishing to
 * Event Hubs with the SDK. The source address is the SIM. A post is answered once the hub has accepted it.
 *
 * @throws TashikaError `PORT_BUSY`
 */
export async function startFunnel(options: FunnelOptions): Promise<Funnel> {
  const { clock = systemClock, host = '127.0.0.1', hub = 'telemetry', holdMs = 10_000 } = options;
  const faults: Faults = { ...NO_FAULTS, ...options.faults };
  const stats = noStats();
  const { connectionString, credentialOf, onTrouble, onDeliveryError = () => {} } = options;
  const maxHeldBytes = options.maxHeldBytes ?? 64 * 1024 * 1024;
  const publishers = new Publishers({ connectionString, hub, credentialOf, clock, maxHeldBytes, onTrouble });
  const delivery = new Delivery({
    clock,
    seed: options.seed ?? 1,
    faults: () => faults,
    stats,
    holdMs,
    publish: ({ event, sim, group }, withinMs) =>
      publishers.publish(event, group, withinMs, (reason) => onDeliveryError({ sim, group, reason })),
    hasRoom: (bytes) => publishers.hasRoom(bytes),
  });
  const reception = new Reception({
    clock,
    groupOf: options.groupOf ?? (() => STANDARD_GROUP),
    stats,
    deliver: (admitted, event) => delivery.deliver({ ...admitted, event }),
    onTaken: options.onTaken ?? (() => {}),
  });
  const http = httpEntry(reception, clock);
  const tcp = tcpEntry(reception, clock);
  const udp = udpEntry(reception);
  const others: OtherDestinations = { harvest: false };
  const unified = httpEntry(reception, clock, (answer) => unifiedAnswer(answer, others));
  try {
    await listen(http.server, options.httpPort ?? 0, host);
    await listenOnBoth(tcp.server, udp, options.port ?? 0, host);
    if (options.unifiedPort !== undefined) await listen(unified.server, options.unifiedPort, host);
  } catch (error) {
    const lines = tcp.server.listening ? [closed(tcp.server), closed(udp)] : [];
    await Promise.all([closed(http.server), ...lines, publishers.close()]);
    throw error;
  }
  const stop = async (withinMs: Duration) => {
    const closing = Promise.all([closed(http.server), closed(tcp.server), closed(udp), closed(unified.server)]);
    delivery.release();
    await publishers.drain(withinMs);
    const givenUp = publishers.held;
    await publishers.close();
    http.cutAll();
    tcp.cutAll();
    unified.cutAll();
    await closing;
    return givenUp;
  };
  let stopped: Promise<number> | undefined;
  return {
    httpPort: portOf(http.server),
    port: portOf(tcp.server),
    unifiedPort: options.unifiedPort === undefined ? undefined : portOf(unified.server),
    others,
    faults,
    get stats() {
      return { ...structuredClone(stats), published: publishers.published, held: publishers.held + delivery.keptBack };
    },
    stop: (withinMs = 10_000) => (stopped ??= stop(withinMs)),
  };
}
