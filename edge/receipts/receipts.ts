import { messageOf } from '@tashika/shared/errors';
import { count, type SequenceRanges, subtract, union } from '@tashika/shared/sequence';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { Batch, Receipt, Spool, Unconfirmed } from '../spool/index.ts';
import type { Allowance } from '../uplink/index.ts';
import { type Answer, answerOf } from './answer.ts';
import type { ReceiptSource } from './beam.ts';
import { conclude } from './conclusion.ts';
import { intervalsBetween, jitter, lookEvery } from './rhythm.ts';
import { type Patience, Sendings } from './sendings.ts';

export interface ReceiptsOptions extends Patience {
  readonly source: ReceiptSource;
  /** Between two rounds of questions, each of which asks once about each stream. */
  readonly intervalMs: Duration;
  readonly spool: Pick<Spool, 'confirm' | 'unconfirmed' | 'figures'>;
  /** What the link may cost; while the day's bytes are spent, nothing is asked. Left out: what it likes. */
  readonly allowance?: Allowance | undefined;
  /** The spool's bound for what is sent and unconfirmed. */
  readonly unconfirmedBytes: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly logger: Logger;
}

export interface ReceiptsFigures {
  /** Questions by what came of them. */
  readonly answers: Readonly<Record<Answer['kind'], number>>;
  /** Readings that the link has taken once more, because the cloud did not have them. */
  readonly resent: number;
  /** Readings and losses that were sent as often as they may be and are still missing. */
  readonly unarrived: number;
  readonly lastReceiptAt: Timestamp | undefined;
  /** Rounds of questions since the last one in which all were answered. */
  readonly failuresInRow: number;
}

/** Streams asked about in one round: the oldest, and the one that is gone on with. */
const MOST_STREAMS = 8;
const MOST_RANGES_TOLD = 16;

/**
 * Asks the cloud, now and then, what it has of what was sent, and has the spool send again what it has not. One
 * question at a time; from anything but a receipt nothing is concluded.
 */
export class Receipts {
  readonly #options: ReceiptsOptions;
  readonly #startedAt: Duration;
  readonly #sendings = new Map<string, Sendings>();
  /** By stream, what was sent as often as it may be. */
  readonly #ended = new Map<string, SequenceRanges>();
  readonly #answers = { receipt: 0, unavailable: 0, refused: 0, unusable: 0 };
  #resent = 0;
  #lastReceiptAt: Timestamp | undefined;
  #failuresInRow = 0;
  #toldOf: Answer['kind'] = 'receipt';
  #more = false;
  readonly #stopped = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: ReceiptsOptions) {
    this.#options = options;
    this.#startedAt = options.clock.monotonic();
  }

  get figures(): ReceiptsFigures {
    return {
      answers: { ...this.#answers },
      resent: this.#resent,
      unarrived: [...this.#ended.values()].reduce((sum, ranges) => sum + count(ranges), 0),
      lastReceiptAt: this.#lastReceiptAt,
      failuresInRow: this.#failuresInRow,
    };
  }

  /** The same spool, with an eye on what the link takes and when. */
  watching<T extends Pick<Spool, 'acknowledge'>>(spool: T): T {
    const acknowledge: Spool['acknowledge'] = (batch) => {
      this.#note(batch);
      return spool.acknowledge(batch);
    };
    return new Proxy(spool, {
      get(_spool, key) {
        if (key === 'acknowledge') return acknowledge;
        const value: unknown = Reflect.get(spool, key, spool);
        return typeof value === 'function' ? value.bind(spool) : value;
      },
    });
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Asks nothing more; a question that is under way is given up. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
    await this.#options.source.close();
  }

  #note({ stream, first, readings, lost }: Batch): void {
    const sendings = this.#sendingsOf(stream);
    const now = this.#options.clock.monotonic();
    if (readings.length > 0) this.#resent += sendings.noted([[first, first + readings.length - 1]], now);
    sendings.noted(lost, now);
  }

  async #run(): Promise<void> {
    const { random, logger } = this.#options;
    // The first question comes at any part of an interval: a fleet that is started at once does not ask at once.
    let share = random();
    while (await this.#due(share)) {
      try {
        await this.#askAll();
      } catch (err) {
        this.#failuresInRow++;
        logger.error({ err }, 'a receipt can not be made use of now; it is asked for again');
      }
      share = jitter(random());
    }
  }

  /** Waits until it is time to ask; false when there is nothing more to ask. */
  async #due(share: number): Promise<boolean> {
    const { clock, intervalMs } = this.#options;
    const { signal } = this.#stopped;
    const look = lookEvery(intervalMs);
    let since = clock.monotonic();
    while (!signal.aborted) {
      const intervals = this.#intervals();
      let left: Duration = look;
      // Counted from when there is something to ask: devices that report on the hour must not all ask then.
      if (intervals === undefined) since = clock.monotonic();
      else left = since + share * intervals * intervalMs - clock.monotonic();
      if (left <= 0) return true;
      await clock.sleep(Math.min(left, look), signal).catch(() => undefined);
    }
    return false;
  }

  /** How many intervals lie between two rounds, as things stand; `undefined` while there is nothing to ask. */
  #intervals(): number | undefined {
    const { spool, unconfirmedBytes, allowance } = this.#options;
    const { unconfirmed } = spool;
    const isSpent = Number.isFinite(allowance?.next().readings);
    if (unconfirmed.length === 0 || isSpent) return undefined;
    return intervalsBetween({
      failuresInRow: this.#failuresInRow,
      fill: spool.figures.unconfirmedBytes / unconfirmedBytes,
      // What was asked for comes first; a question before that would learn nothing.
      more: this.#more && spool.figures.again === 0,
      hopeless: unconfirmed.every((each) => subtract(keptOf(each), this.#ended.get(each.stream) ?? []).length === 0),
    });
  }

  /** One round: asks about each stream, one after the other, until one question is not answered at all. */
  async #askAll(): Promise<void> {
    const { clock, spool } = this.#options;
    const { unconfirmed } = spool;
    this.#forgetAllBut(unconfirmed);
    this.#more = false;
    let failed = false;
    for (const { stream } of oldestAndNewest(unconfirmed)) {
      const askedAt = clock.monotonic();
      const answer = await this.#ask(stream);
      if (this.#stopped.signal.aborted) return;
      if (!answer) continue;
      this.#answers[answer.kind]++;
      this.#tell(answer, stream);
      if (answer.kind === 'receipt') await this.#apply(answer.receipt, askedAt);
      else failed = true;
      if (answer.kind === 'unavailable' || answer.kind === 'refused') break;
    }
    this.#failuresInRow = failed ? this.#failuresInRow + 1 : 0;
  }

  /** `undefined` where the answer came too late to matter: nothing of the stream is unconfirmed any more. */
  async #ask(stream: string): Promise<Answer | undefined> {
    try {
      const answer = await this.#options.source.ask(stream, this.#stopped.signal);
      const now = this.#unconfirmedOf(stream);
      return now && answerOf(answer, now);
    } catch (error) {
      return { kind: 'unavailable', reason: messageOf(error) };
    }
  }

  async #apply(receipt: Receipt, askedAt: Duration): Promise<void> {
    const { clock, spool, logger } = this.#options;
    const { stream } = receipt;
    const unconfirmed = this.#unconfirmedOf(stream);
    if (!unconfirmed) return;
    const sendings = this.#sendingsOf(stream);
    const { confirm, ended, cut } = conclude(receipt, unconfirmed, sendings, askedAt);
    this.#lastReceiptAt = clock.now();
    this.#ended.set(stream, ended);
    const news = sendings.untold(ended);
    if (news.length > 0)
      logger.error(
        { code: 'READINGS_UNARRIVED', stream, ranges: news.slice(0, MOST_RANGES_TOLD), readings: count(news) },
        'the link accepts these readings each time and the cloud never has them; they are not sent again',
      );
    sendings.asked(confirm.missing);
    if (confirm.missing.length > 0)
      logger.info(
        { stream, readings: count(confirm.missing) },
        'the cloud lacks what the link has accepted; it is sent again',
      );
    await spool.confirm(confirm);
    const after = this.#unconfirmedOf(stream);
    // The spool takes up a bounded number of ranges; the others still count as sent.
    this.#more ||= cut || overlap(confirm.missing, after?.sent ?? []);
    const unknown = union(confirm.missing, confirm.undecided ?? []);
    const had = receipt.through > 0 ? subtract([[1, receipt.through]], unknown) : [];
    sendings.forget(had, after ? keptOf(after) : [], askedAt);
  }

  #unconfirmedOf(stream: string): Unconfirmed | undefined {
    return this.#options.spool.unconfirmed.find((each) => each.stream === stream);
  }

  /** A person is told when the kind of answer changes, not each time. */
  #tell(answer: Answer, stream: string): void {
    const { logger } = this.#options;
    const news = answer.kind !== this.#toldOf;
    this.#toldOf = answer.kind;
    if (answer.kind !== 'receipt')
      logger[news ? 'warn' : 'debug'](
        { code: 'RECEIPT_UNAVAILABLE', stream, answer: answer.kind, reason: answer.reason },
        'no receipt; what was sent is kept',
      );
    else if (news) logger.info('receipts are answered again');
  }

  #sendingsOf(stream: string): Sendings {
    const known = this.#sendings.get(stream) ?? new Sendings(this.#options, this.#startedAt);
    this.#sendings.set(stream, known);
    return known;
  }

  /** Streams that are confirmed and gone need no memory; of one that goes on, only the latest sendings matter. */
  #forgetAllBut(unconfirmed: readonly Unconfirmed[]): void {
    const streams = new Set(unconfirmed.map(({ stream }) => stream));
    const { stream: newest } = this.#options.spool.figures;
    for (const [stream, sendings] of this.#sendings)
      if (!streams.has(stream) && stream !== newest && !sendings.asksForAny) this.#sendings.delete(stream);
    for (const stream of this.#ended.keys()) if (!streams.has(stream)) this.#ended.delete(stream);
  }
}

function keptOf({ sent, told }: Unconfirmed): SequenceRanges {
  return union(sent, told);
}

function oldestAndNewest(unconfirmed: readonly Unconfirmed[]): readonly Unconfirmed[] {
  if (unconfirmed.length <= MOST_STREAMS) return unconfirmed;
  return [...unconfirmed.slice(0, MOST_STREAMS - 1), unconfirmed.at(-1)!];
}

function overlap(a: SequenceRanges, b: SequenceRanges): boolean {
  return count(subtract(a, b)) < count(a);
}
