import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { HubOptions } from './hub.ts';
import type { EventHubsOptions } from './server.ts';

export const HELP = `Usage: npm run event-hubs -- [options]

Starts a local Event Hubs for the SDKs of any language: AMQP 1.0 without TLS, durable.
Once it listens it prints, for each hub, a Send-only and a Listen-only connection string, one a line.
Everything else goes to stderr.

  --port PORT              Port to listen on, 0 for any (TASHIKA_EVENT_HUBS_PORT; default 5672)
  --host ADDRESS           Address to listen on (default 127.0.0.1)
  --allow-remote           Allow an address that other machines can reach
  --data DIR               Where events and keys are kept (default: event-hubs in TASHIKA_DATA, or in .tashika)
  --hub NAME:PARTITIONS    A hub to serve; may be given again (default telemetry:4)
  --consumer-group NAME    A consumer group of every hub, beside $Default; may be given again (default dashboard)
  --retention-hours HOURS  Events older than this are dropped (default 24)
  --retention-bytes BYTES  Bytes that a partition keeps at most (default 268435456)
  --tls-port PORT          A second port, with TLS, 0 for any; with --tls-cert FILE and --tls-key FILE (PEM)
  --identities FILE        Whose bearer tokens are taken, with which roles (deploy/README.md); without it, nobody's
  --fsync                  Acknowledge only what is on the disk: survives a power cut, and is slower
  --help                   This text
`;

/** What the command line asks for: the help, or to run. */
export type Command = { readonly help: true } | { readonly help: false; readonly options: EventHubsOptions };

/**
 * Reads the command line.
 *
 * @param checkout where `.tashika` lies when nothing else is said
 * @throws TashikaError USAGE
 */
export function parseCommandLine(args: readonly string[], env: NodeJS.ProcessEnv, checkout: string): Command {
  const values = parse(args);
  if (values.help) return { help: true };
  const hours = number('--retention-hours', values['retention-hours'] ?? '24', Number.MIN_VALUE);
  const consumerGroups = values['consumer-group'] ?? ['dashboard'];
  return {
    help: false,
    options: {
      port: port(values.port, env),
      ...(values.host !== undefined && { host: values.host }),
      allowRemote: values['allow-remote'] ?? false,
      dataDirectory: values.data ?? join(resolve(checkout, env.TASHIKA_DATA || '.tashika'), 'event-hubs'),
      hubs: (values.hub ?? ['telemetry:4']).map((text) => hub(text, consumerGroups)),
      retention: {
        maxAgeMs: hours * 3_600_000,
        maxBytes: number('--retention-bytes', values['retention-bytes'] ?? String(2 ** 28), 1),
      },
      fsync: values.fsync ?? false,
      ...tls(values['tls-port'], values['tls-cert'], values['tls-key']),
      ...(values.identities !== undefined && { identitiesFile: values.identities }),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        host: { type: 'string' },
        'allow-remote': { type: 'boolean' },
        data: { type: 'string' },
        hub: { type: 'string', multiple: true },
        'consumer-group': { type: 'string', multiple: true },
        'retention-hours': { type: 'string' },
        'retention-bytes': { type: 'string' },
        'tls-port': { type: 'string' },
        'tls-cert': { type: 'string' },
        'tls-key': { type: 'string' },
        identities: { type: 'string' },
        fsync: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new TashikaError('USAGE', messageOf(error), { cause: error });
  }
}

function port(flag: string | undefined, env: NodeJS.ProcessEnv): number {
  const name = flag === undefined ? 'TASHIKA_EVENT_HUBS_PORT' : '--port';
  return portIn(name, flag ?? (env.TASHIKA_EVENT_HUBS_PORT || '5672'));
}

function tls(
  port: string | undefined,
  certFile: string | undefined,
  keyFile: string | undefined,
): Pick<EventHubsOptions, 'tls'> {
  if (port === undefined && certFile === undefined && keyFile === undefined) return {};
  if (port !== undefined && certFile !== undefined && keyFile !== undefined)
    return { tls: { port: portIn('--tls-port', port), certFile, keyFile } };
  throw new TashikaError('USAGE', '--tls-port, --tls-cert and --tls-key go together.');
}

function portIn(name: string, text: string): number {
  const value = number(name, text, 0);
  if (Number.isInteger(value) && value <= 65_535) return value;
  throw new TashikaError('USAGE', `${name} takes a port from 0 to 65535, not '${text}'.`);
}

function hub(text: string, consumerGroups: readonly string[]): HubOptions {
  const [, name, partitions] = /^([^:]+):(\d+)$/.exec(text) ?? [];
  if (!name || !partitions)
    throw new TashikaError('USAGE', `--hub takes NAME:PARTITIONS, such as telemetry:4, not '${text}'.`);
  return { name, partitionCount: Number(partitions), consumerGroups };
}

function number(name: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= least) return value;
  throw new TashikaError('USAGE', `${name} takes a number, not '${text}'.`);
}
