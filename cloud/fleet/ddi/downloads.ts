import type { Readable } from 'node:stream';
import { isTashikaError, messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger, Store } from '../../store/index.ts';
import type { BundleStore, ByteRange } from '../bundles/bundle-store.ts';
import { streamOver } from '../bundles/index.ts';
import { type Reason, sentenceOf } from '../reason/index.ts';
import { type Action, closeAction, readAction } from './action.ts';
import { rangeOf } from './byte-range.ts';
import { shareOf } from './polling.ts';
import { bytesLeft, ServedBytes, untilNextDay } from './served-bytes.ts';

/** What of the bundle store a download needs. */
export type BundleSource = Pick<BundleStore, 'size' | 'read' | 'requireUsed'>;

/** Each holds a file and a quarter of a megabyte. */
const MOST_AT_ONCE = 500;
/** Links that broke keep theirs for a while; the oldest gives way. */
const MOST_OF_A_DEVICE = 8;
/** A device that begins anew so often will not come to an end either: its link or its disk is not up to it. */
export const MOST_BEGINNINGS = 20;
/** Those whose day's bytes are spent come back over an hour, not all at midnight. */
const BACK_OVER_MS: Duration = 3_600_000;

export interface DownloadRequest {
  readonly tenant: string;
  readonly controllerId: string;
  readonly id: number;
  readonly filename: string;
  readonly range: string | undefined;
  readonly ifRange: string | undefined;
  /** Only what a download would be told. */
  readonly head: boolean;
}

export type Download =
  | {
      readonly kind: 'bytes';
      readonly etag: string;
      readonly size: number;
      /** Undefined for all of it. */
      readonly range: ByteRange | undefined;
      /** Undefined for `head`. Ends with an error where the bytes may not or can not be served to the end. */
      readonly content: Readable | undefined;
    }
  | { readonly kind: 'unsatisfiable'; readonly etag: string; readonly size: number }
  | { readonly kind: 'spent'; readonly retryAfterMs: Duration };

/** Bundles on their way to devices: in parts, within each device's daily bytes, and never for ever. */
export class Downloads {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #bundles: BundleSource;
  /** Of each device, the oldest first. */
  readonly #open = new Map<string, Readable[]>();
  #count = 0;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly bundles: BundleSource;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#bundles = options.bundles;
  }

  /**
   * Opens the bundle of an action, or the part of it that is asked for.
   *
   * @throws TashikaError NOT_FOUND where there is no such action or file; ACTION_CLOSED where the action is over, or is
   *   closed by this: its bundle is gone or not what was imported, or was begun too often; TOO_MANY_CLIENTS; those of the bundle store
   */
  async open(request: DownloadRequest): Promise<Download> {
    const action = await readAction(this.#store, request);
    const { controllerId, id, filename } = request;
    if (!action || action.record.bundle.filename !== filename)
      throw new TashikaError(
        'NOT_FOUND',
        `${controllerId} has no action ${id} with the file ${filename.slice(0, 200)}.`,
      );
    if (action.state !== 'open')
      throw new TashikaError(
        'ACTION_CLOSED',
        `The action ${id} is ${action.state === 'closed' ? 'over' : 'being cancelled'}.`,
      );
    if (action.revoked) throw new TashikaError('NOT_FOUND', 'The image was revoked, and is not given out any more.');
    const { sha256, bytes: size } = action.record.bundle;
    const there = await this.#fromStore(() => this.#bundles.size(sha256));
    if (there === undefined) return this.#missing(action);
    if (there !== size)
      return this.#giveUp(action, { code: 'bundle-of-other-size', values: { bytes: there, expected: size } });
    return this.#serve(action, request, size, `"${sha256}"`);
  }

  /** Ends every download. */
  stop(): void {
    for (const open of this.#open.values()) for (const content of open) content.destroy();
  }

  async #serve(action: Action, request: DownloadRequest, size: number, etag: string): Promise<Download> {
    const asked = rangeOf(request, etag, size);
    if (asked === 'unsatisfiable') return { kind: 'unsatisfiable', etag, size };
    if (request.head)
      return { kind: 'bytes', etag, size, range: asked === 'whole' ? undefined : asked, content: undefined };
    const left = await bytesLeft(this.#store, action.id, this.#clock.now());
    if (left === 0) return this.#spent(request.controllerId);
    // A shorter part than asked for is a right answer to a range (RFC 9110, 15.3.7); the whole can only break off.
    const range = asked === 'whole' ? undefined : { ...asked, last: Math.min(asked.last, asked.first + left - 1) };
    if (this.#count >= MOST_AT_ONCE)
      throw new TashikaError('TOO_MANY_CLIENTS', `${MOST_AT_ONCE} downloads are under way; try again later.`);
    this.#count++; // before anything is waited for: those who ask meanwhile count too
    try {
      return { kind: 'bytes', etag, size, range, content: await this.#begun(action, range) };
    } catch (error) {
      this.#count--;
      throw error;
    }
  }

  async #begun(action: Action, range: ByteRange | undefined): Promise<Readable> {
    if ((range?.first ?? 0) === 0) {
      const beginnings = await this.#begin(action.id);
      if (beginnings > MOST_BEGINNINGS)
        return this.#giveUp(action, { code: 'begun-too-often', values: { times: beginnings } });
    }
    const bundle = await this.#fromStore(() => this.#bundles.read(action.record.bundle.sha256, range));
    if (!bundle) return this.#missing(action);
    const served = new ServedBytes(this.#store, action.id, () => this.#clock.now());
    return this.#note(action.controllerId, this.#metered(bundle, served));
  }

  /**
   * Asks the bundle store; undefined where there is no such bundle. Where the store is and what is wrong with it is for
   * the log, and not for devices.
   */
  async #fromStore<Answer>(ask: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!isTashikaError(error)) throw error;
      if (error.code === 'NOT_FOUND') return undefined;
      throw new TashikaError(error.code, 'Bundles can not be had now; try again later.', { cause: error });
    }
  }

  async #missing(action: Action): Promise<never> {
    await this.#fromStore(() => this.#bundles.requireUsed());
    return this.#giveUp(action, { code: 'bundle-gone', values: {} });
  }

  #spent(controllerId: string): Download {
    const retryAfterMs = untilNextDay(this.#clock.now()) + shareOf(controllerId) * BACK_OVER_MS;
    return { kind: 'spent', retryAfterMs };
  }

  async #begin(id: number): Promise<number> {
    const [row] = await this.#store.query<{ beginnings: number }>(
      `UPDATE deployment_action SET beginnings = beginnings + 1, fetched_at = coalesce(fetched_at, $2)
        WHERE id = $1 RETURNING beginnings`,
      [id, new Date(this.#clock.now())],
    );
    return row?.beginnings ?? 0;
  }

  /** What can't come to an end is closed as failed: a device that is left with an error would ask for ever. */
  async #giveUp({ id, tenant, controllerId }: Action, why: Reason): Promise<never> {
    await this.#store.transaction(async (transaction) => {
      const action = await readAction(transaction, { id, tenant, controllerId }, 'FOR UPDATE OF action');
      if (action && action.state !== 'closed')
        await closeAction(transaction, action, { outcome: 'failure', why, actor: 'ddi', now: this.#clock.now() });
    });
    throw new TashikaError('ACTION_CLOSED', `The action ${id} was closed as failed: ${sentenceOf(why)}.`);
  }

  #metered(bundle: Readable, served: ServedBytes): Readable {
    const logger = this.#logger;
    async function* parts(): AsyncGenerator<Buffer> {
      try {
        for await (const part of bundle as AsyncIterable<Buffer>)
          for (let at = 0; at < part.length; ) {
            const granted = await served.take(part.length - at);
            if (granted === 0) throw new Error("the day's bytes are spent, or the action is over");
            yield part.subarray(at, at + granted);
            at += granted;
          }
      } finally {
        await served
          .settle()
          .catch((error) => logger.warn({ error: messageOf(error) }, 'bytes that were not served stay counted'));
      }
    }
    return streamOver(bundle, parts());
  }

  #note(controllerId: string, content: Readable): Readable {
    const open = this.#open.get(controllerId) ?? [];
    if (open.length >= MOST_OF_A_DEVICE) open[0]!.destroy();
    this.#open.set(controllerId, [...open, content]);
    content.once('close', () => {
      this.#count--;
      const others = (this.#open.get(controllerId) ?? []).filter((each) => each !== content);
      if (others.length === 0) this.#open.delete(controllerId);
      else this.#open.set(controllerId, others);
    });
    return content;
  }
}
