import { IMAGE_KINDS, type ImageKind, VERSION_PATTERN } from '@tashika/shared/image';
import type { Duration } from '@tashika/shared/time';

/** What the server wants installed, as far as this updater acts on it. */
export interface Deployment {
  /** Of the action. */
  readonly id: string;
  readonly kind: ImageKind;
  readonly version: string;
  /** The bundle's path and query on the server. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Whether it may be downloaded, and installed, now. */
  readonly mayDownload: boolean;
  readonly mayInstall: boolean;
}

/** What a poll came to. */
export interface Base {
  readonly sleepMs: Duration;
  /** Paths where the server has something to say or wants to know something. */
  readonly configData: string | undefined;
  readonly deploymentBase: string | undefined;
  readonly cancelAction: string | undefined;
}

const ID = /^[A-Za-z0-9._-]{1,64}$/;
const SLEEP = /^(\d{1,3}):([0-5]\d):([0-5]\d)$/;
const LEAST_SLEEP: Duration = 1_000;
const MOST_SLEEP: Duration = 86_400_000;
const MOST_BYTES = 2 ** 40;
const ATTEMPTS = ['attempt', 'forced'];
/** hawkBit's own words for parts of a device's software. */
const PARTS: ReadonlyMap<unknown, ImageKind> = new Map([
  ...IMAGE_KINDS.map((kind) => [kind, kind] as const),
  ['bApp', 'agent'],
  ['os', 'system'],
]);

/**
 * Reads the answer to a poll (Eclipse hawkBit, "Direct Device Integration API", controller base).
 *
 * @throws Error where it is not one
 */
export function baseOf(answer: unknown): Base {
  const { config, _links } = objectOf(answer, 'The answer');
  const polling = objectOf(objectOf(config, 'config').polling, 'config.polling');
  const [, hours, minutes, seconds] = SLEEP.exec(String(polling.sleep)) ?? [];
  if (hours === undefined)
    throw new Error(`config.polling.sleep is ${JSON.stringify(polling.sleep)} instead of HH:MM:SS.`);
  const sleepMs = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000;
  const links = _links === undefined ? {} : objectOf(_links, '_links');
  return {
    sleepMs: Math.min(MOST_SLEEP, Math.max(LEAST_SLEEP, sleepMs)),
    configData: pathOf(links.configData),
    deploymentBase: pathOf(links.deploymentBase),
    cancelAction: pathOf(links.cancelAction),
  };
}

/** A deployment, or why it is none that this updater could install. */
export type Offer =
  | { readonly ok: true; readonly deployment: Deployment }
  | { readonly ok: false; readonly id: string; readonly reason: string };

/**
 * Reads a deployment.
 *
 * @throws Error where it does not even tell its id
 */
export function offerOf(answer: unknown): Offer {
  const { id, deployment } = objectOf(answer, 'The deployment');
  if (typeof id !== 'string' || !ID.test(id))
    throw new Error(`The deployment's id is ${JSON.stringify(id)?.slice(0, 80)}.`);
  try {
    return { ok: true, deployment: { id, ...contentsOf(objectOf(deployment, 'deployment')) } };
  } catch (error) {
    return { ok: false, id, reason: (error as Error).message };
  }
}

/**
 * Reads what is to be cancelled.
 *
 * @throws Error where it is not said
 */
export function cancelOf(answer: unknown): { readonly id: string; readonly stopId: string } {
  const { id, cancelAction } = objectOf(answer, 'The cancel action');
  const { stopId } = objectOf(cancelAction, 'cancelAction');
  if (typeof id !== 'string' || !ID.test(id) || typeof stopId !== 'string' || !ID.test(stopId))
    throw new Error('The cancel action does not say what it is to stop.');
  return { id, stopId };
}

function contentsOf({
  download,
  update,
  maintenanceWindow,
  chunks,
}: Readonly<Record<string, unknown>>): Omit<Deployment, 'id'> {
  const [chunk, ...moreChunks] = listOf(chunks, 'chunks');
  if (chunk === undefined || moreChunks.length > 0) throw new Error('It must have one chunk.');
  const { part, version, artifacts } = objectOf(chunk, 'The chunk');
  const [artifact, ...moreArtifacts] = listOf(artifacts, 'artifacts');
  if (artifact === undefined || moreArtifacts.length > 0) throw new Error('Its chunk must have one artifact.');
  const kind = PARTS.get(part);
  if (kind === undefined)
    throw new Error(`Its chunk is neither of the agent nor of the system, but ${JSON.stringify(part)?.slice(0, 80)}.`);
  if (typeof version !== 'string' || !new RegExp(VERSION_PATTERN).test(version))
    throw new Error(`Its version is ${JSON.stringify(version)?.slice(0, 80)}.`);
  const { size, hashes, _links } = objectOf(artifact, 'The artifact');
  const { sha256 } = objectOf(hashes, 'hashes');
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) throw new Error('Its artifact tells no SHA-256.');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 1 || size > MOST_BYTES)
    throw new Error(`Its artifact has a size of ${JSON.stringify(size)}.`);
  const links = objectOf(_links, "The artifact's _links");
  const path = pathOf(links['download-http']) ?? pathOf(links.download);
  if (path === undefined) throw new Error('Its artifact has no link.');
  return {
    ...{ kind, version, path, bytes: size, sha256: sha256.toLowerCase() },
    mayDownload: isNow('download', download, ATTEMPTS, 'skip'),
    mayInstall:
      isNow('update', update, ATTEMPTS, 'skip') &&
      isNow('maintenanceWindow', maintenanceWindow, ['available'], 'unavailable'),
  };
}

/**
 * Whether something may be done now.
 *
 * @throws Error where it is said in a word that nobody knows: it might mean not now, and nothing must be taken for leave
 */
function isNow(name: string, word: unknown, yes: readonly string[], no: string): boolean {
  if (word === undefined || word === null || yes.includes(word as string)) return true;
  if (word === no) return false;
  throw new Error(`${name} is ${JSON.stringify(word)?.slice(0, 80)}, and not ${[...yes, no].join(', ')}.`);
}

/**
 * The path of a link. Whatever host the link names, the updater asks the one that it is configured with: only through
 * that one, Beam for most, the server knows who it is; and a token must go nowhere else.
 */
function pathOf(link: unknown): string | undefined {
  if (link === undefined) return undefined;
  const { href } = objectOf(link, 'A link');
  if (typeof href !== 'string' || !URL.canParse(href)) throw new Error('A link is no whole address.');
  const { protocol, pathname, search } = new URL(href);
  if (protocol !== 'http:' && protocol !== 'https:') throw new Error(`A link is one of ${protocol} and not of HTTP.`);
  return `${pathname}${search}`;
}

function objectOf(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error(`${what} is no object.`);
  return value as Readonly<Record<string, unknown>>;
}

function listOf(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Error(`${what} is no list.`);
  return value;
}
