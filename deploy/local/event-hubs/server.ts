import { readFile } from 'node:fs/promises';
import { createServer, isIP, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { type DirectoryLock, takeDataDirectory } from '@tashika/shared/data-directory';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { type Clock, type Duration, systemClock, type TimerHandle } from '@tashika/shared/time';
import { AmqpConnection, AmqpFault, Condition, type ConnectionLimits } from './amqp/index.ts';
import { readIdentities } from './authorization/index.ts';
import { formatConnectionString } from './connection-string.ts';
import { type Hub, type HubOptions, type HubRecovery, openHub } from './hub.ts';
import { KeyRing, type KeySlot, type Keys, openKeyRing, type PolicyName } from './keys.ts';
import { createBroker } from './links/index.ts';
import type { OpenSegmentFile, Retention } from './log/index.ts';

/** The part of pino's interface that the stand-in logs through. */
export interface Logger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface EventHubsOptions {
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** 0 for any that is free. */
  readonly port: number;
  /** Bind to an address that others can reach. Default: false; anybody with a key could then send and read. */
  readonly allowRemote?: boolean;
  /** Where logs and keys are kept. */
  readonly dataDirectory: string;
  readonly hubs: readonly HubOptions[];
  /** Default: made at the first start and kept. */
  readonly keys?: Keys;
  /** How long links go on whose key has been regenerated. Default: until their token expires, as the service has it. */
  readonly regeneratedKeyMs?: Duration;
  /** A second door, with TLS: SDKs use no other for bearer tokens. */
  readonly tls?: TlsOptions;
  /** File that says whose bearer tokens are taken, with which roles; without it, nobody's. */
  readonly identitiesFile?: string;
  readonly retention: Retention;
  /** Acknowledge only what is on the disk, so that a power cut loses nothing either. Default: false. */
  readonly fsync?: boolean;
  /** Bytes at which a segment is closed. Default: an eighth of `retention.maxBytes`, 64 MiB at most. */
  readonly segmentBytes?: number;
  readonly limits?: Partial<ConnectionLimits>;
  readonly clock?: Clock;
  readonly logger?: Logger;
  /** Opens a segment's file; for tests of disks that fail. */
  readonly openFile?: OpenSegmentFile;
}

export interface TlsOptions {
  /** 0 for any that is free. */
  readonly port: number;
  /** PEM files. */
  readonly certFile: string;
  readonly keyFile: string;
}

/** What was found at the start, a line for each partition. */
export interface RecoveryReport {
  readonly partitions: readonly HubRecovery[];
}

export interface EventHubs {
  readonly host: string;
  readonly port: number;
  /** Where TLS is spoken; undefined where it is not. */
  readonly tlsPort: number | undefined;
  readonly report: RecoveryReport;
  /** How often a token, or a use of what it was to allow, has been refused. */
  readonly refusals: number;
  /** A connection string for a policy, with its primary key or that of `slot`; with a hub it names the hub as `EntityPath`. */
  connectionString(policy: PolicyName, hub?: string, slot?: KeySlot): string;
  keyOf(policy: PolicyName, slot: KeySlot): string;
  /** Makes a new key for a policy; the other one stays good. Tokens of the former key are refused from now on. */
  regenerateKey(policy: PolicyName, slot: KeySlot): Promise<void>;
  /** Takes no more, writes what it accepted, closes. */
  stop(): Promise<void>;
}

/** Standard tier: a publication of 1 MiB. */
const MAX_MESSAGE_BYTES = 1024 * 1024;
const MAX_OUTSTANDING = 4096;
const MAX_RETENTION_CHECK_MS: Duration = 60_000;
/** How long a client may take to hear that the service goes away. */
const GOODBYE_MS: Duration = 2000;
const SILENT: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * Starts a local Event Hubs: AMQP 1.0 for the SDKs of all languages, durable, with shared access
 * signatures checked.
 *
 * @throws TashikaError PORT_BUSY, ADDRESS_REFUSED, DATA_DIRECTORY_UNWRITABLE, DATA_DIRECTORY_IN_USE, CONFIG_INVALID
 */
export async function startEventHubs(options: EventHubsOptions): Promise<EventHubs> {
  const { host = '127.0.0.1', clock = systemClock, logger = SILENT } = options;
  if (!options.allowRemote && !isLoopback(host)) {
    throw new TashikaError(
      'ADDRESS_REFUSED',
      `${host} can be reached from other machines; allow that explicitly, or use 127.0.0.1.`,
    );
  }
  const directory = resolve(options.dataDirectory);
  const lock = await takeDataDirectory(directory);
  const hubs = new Map<string, Hub>();
  try {
    const { regeneratedKeyMs = Number.POSITIVE_INFINITY } = options;
    const keys = options.keys
      ? new KeyRing(options.keys, { regeneratedKeyMs })
      : await openKeyRing(directory, { regeneratedKeyMs });
    const report = await openHubs(options, directory, clock, logger, hubs);
    const connections = new Set<AmqpConnection>();
    const identities = options.identitiesFile === undefined ? undefined : await readIdentities(options.identitiesFile);
    let refusals = 0;
    const onRefused = () => {
      refusals += 1;
    };
    const application = createBroker({ hubs, keys, identities, clock, onRefused });
    const limits = { maxMessageBytes: MAX_MESSAGE_BYTES, maxOutstanding: MAX_OUTSTANDING, ...options.limits };
    const onFault = (error: unknown) => logger.warn({ err: error }, 'A connection met a fault');
    const accept = (socket: Socket) => {
      const connection = new AmqpConnection({ socket, clock, limits, application, onFault });
      connections.add(connection);
      connection.onEnded = () => connections.delete(connection);
    };
    const server = createServer(accept);
    const tlsServer = options.tls && (await createTlsDoor(options.tls, accept));
    const doors = tlsServer ? [server, tlsServer] : [server];
    const sockets = trackSockets(doors);
    const port = await listen(server, host, options.port);
    const tlsPort =
      tlsServer &&
      (await listen(tlsServer, host, options.tls!.port).catch((error) => {
        server.close();
        throw error;
      }));
    const retention = keepRetention([...hubs.values()], options.retention, clock, logger);
    logger.info({ host, port, tlsPort, directory }, 'Event Hubs stand-in listens');
    let stopping: Promise<void> | undefined;
    const stop = async () => {
      retention.cancel();
      const closed = Promise.all(doors.map((door) => new Promise((done) => door.close(done))));
      // Logs first: what was accepted is written, and its acknowledgement still reaches the sender.
      await closeAll(hubs, lock, async () => {
        for (const connection of connections)
          connection.close(new AmqpFault(Condition.connectionForced, 'The service is shutting down.'));
        const impatience = clock.after(GOODBYE_MS, () => {
          for (const socket of sockets) socket.destroy();
        });
        await closed;
        impatience.cancel();
      });
      logger.info({}, 'Event Hubs stand-in stopped');
    };
    return {
      host,
      port,
      tlsPort,
      report,
      get refusals() {
        return refusals;
      },
      connectionString: (policy, hub, slot) =>
        formatConnectionString({ host: reachable(host), port, policy, key: keys.keyOf(policy, slot), hub }),
      keyOf: (policy, slot) => keys.keyOf(policy, slot),
      regenerateKey: (policy, slot) => keys.regenerate(policy, slot, clock.now()),
      stop: () => (stopping ??= stop()),
    };
  } catch (error) {
    await closeAll(hubs, lock);
    throw error;
  }
}

async function openHubs(
  options: EventHubsOptions,
  directory: string,
  clock: Clock,
  logger: Logger,
  hubs: Map<string, Hub>,
): Promise<RecoveryReport> {
  const partitions: HubRecovery[] = [];
  for (const each of options.hubs) {
    const key = each.name.toLowerCase();
    if (hubs.has(key)) throw new TashikaError('CONFIG_INVALID', `Hub '${each.name}' is named twice.`);
    const { hub, recovery } = await openHub(each, join(directory, 'hubs'), {
      retention: options.retention,
      clock,
      onDamage: (partition, damage) =>
        logger.error({ hub: each.name, partition, damage }, 'Events can no longer be read'),
      ...(options.fsync && { fsync: options.fsync }),
      ...(options.segmentBytes && { segmentBytes: options.segmentBytes }),
      ...(options.openFile && { openFile: options.openFile }),
    });
    hubs.set(key, hub);
    partitions.push(...recovery);
  }
  for (const { hub, partition, recovery } of partitions) {
    if (recovery.tornTail)
      logger.warn({ hub, partition, ...recovery.tornTail }, 'A torn tail was cut; it was never acknowledged');
    for (const damage of recovery.damage) logger.error({ hub, partition, ...damage }, 'Events can no longer be read');
  }
  return { partitions };
}

async function closeAll(
  hubs: ReadonlyMap<string, Hub>,
  lock: DirectoryLock,
  afterLogs?: () => Promise<void>,
): Promise<void> {
  await Promise.allSettled([...hubs.values()].map((hub) => hub.close()));
  await afterLogs?.();
  await lock.release();
}

function trackSockets(servers: readonly Server[]): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  for (const server of servers)
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
    });
  return sockets;
}

/** @throws TashikaError CONFIG_INVALID for files that can't be read or used */
async function createTlsDoor({ certFile, keyFile }: TlsOptions, accept: (socket: Socket) => void): Promise<TlsServer> {
  try {
    const [cert, key] = await Promise.all([readFile(certFile), readFile(keyFile)]);
    return createTlsServer({ cert, key }, accept);
  } catch (error) {
    throw new TashikaError('CONFIG_INVALID', `${certFile} and ${keyFile} can't be used for TLS: ${messageOf(error)}.`);
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolvePort, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const busy = error.code === 'EADDRINUSE';
      const sentence = busy
        ? `Port ${port} on ${host} is taken.`
        : `${host}:${port} can't be listened on: ${error.message}.`;
      reject(new TashikaError(busy ? 'PORT_BUSY' : 'ADDRESS_REFUSED', sentence, { cause: error }));
    });
    server.listen({ host, port }, () => {
      const address = server.address();
      resolvePort(typeof address === 'object' && address ? address.port : port);
    });
  });
}

/** Checks retention often enough for its age, at least once a minute. */
function keepRetention(hubs: readonly Hub[], { maxAgeMs }: Retention, clock: Clock, logger: Logger): TimerHandle {
  const everyMs = Math.max(1, Math.min(MAX_RETENTION_CHECK_MS, maxAgeMs / 4));
  let timer: TimerHandle;
  const arm = () => {
    timer = clock.after(everyMs, () => {
      arm();
      for (const partition of hubs.flatMap((hub) => hub.partitions)) {
        partition.enforceRetention().catch((error: unknown) => logger.error({ err: error }, 'Retention failed'));
      }
    });
  };
  arm();
  return { cancel: () => timer.cancel() };
}

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Clients on this machine don't connect to "any address". */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
