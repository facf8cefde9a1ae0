import { diskErrorCode } from '@tashika/shared/data-directory';
import { count, type SequenceRanges, union } from '@tashika/shared/sequence';
import type { Clock, Duration } from '@tashika/shared/time';
import type { Logger } from 'pino';
import type { LossReason, Reporter, SpoolReport } from './spool/index.ts';

/** A spool that is full for days loses something every second; its card is spared a line for each. */
const BETWEEN_LOSSES: Duration = 60_000;
const MOST_RANGES = 100;

/** What the spool reports, as log lines for a person. */
export function spoolLog(logger: Logger, clock: Pick<Clock, 'monotonic'>): Reporter {
  const losses = new Losses(logger, clock);
  return (report) => {
    switch (report.kind) {
      case 'torn-tail':
        return logger.warn(report, 'a crash left an unfinished record at the end of the spool; it is cut off');
      case 'segment-corrupt':
        return logger.error(
          { code: 'SEGMENT_CORRUPT', ...report },
          'a spool segment is corrupt; what can be read of it is sent',
        );
      case 'segment-set-aside':
        return logger.warn(report, 'the corrupt segment is set aside');
      case 'set-aside-removed':
        return logger.warn(report, 'a corrupt segment is deleted to make room for readings');
      case 'folder-left':
        return logger.warn(
          { folder: report.folder, err: report.error },
          'everything in this folder is sent, but it cannot be removed; look into it and delete it',
        );
      case 'lost':
        return losses.add(report);
      case 'new-stream':
        if (report.why === 'first') return logger.info(report, 'a new spool begins');
        return report.why === 'newer-format'
          ? logger.warn(report, 'a new stream begins beside the one of the newer agent')
          : logger.error(report, 'the spool is damaged so that numbers could be used twice; a new stream begins');
      case 'newer-left':
        return logger.error(
          { code: 'SPOOL_NEWER', ...report },
          'a newer agent wrote this stream in a format that this one can not read; it is left as it is, and that agent sends the rest of it when it is installed again',
        );
      case 'write-budget-spent':
        return logger.warn(
          report,
          'today more was written to the disk than spool.dailyWriteBytes; storing goes on, and wears an SD card faster',
        );
      case 'disk-refuses':
        return logger.error(
          { code: diskErrorCode(report.error), err: report.error },
          'the disk takes no readings; they wait in memory',
        );
      case 'disk-recovered':
        losses.tell();
        return logger.info('the disk takes readings again');
    }
  };
}

type Loss = Extract<SpoolReport, { kind: 'lost' }>;

/** The first loss of a kind is told at once; those of the minute after it together. */
class Losses {
  readonly #logger: Logger;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #toldAt = new Map<string, Duration>();
  readonly #untold = new Map<string, Loss & { readonly readings: number }>();

  constructor(logger: Logger, clock: Pick<Clock, 'monotonic'>) {
    this.#logger = logger;
    this.#clock = clock;
  }

  add(loss: Loss): void {
    const kind = `${loss.why} ${loss.stream}`;
    const before = this.#untold.get(kind);
    const ranges: SequenceRanges = before ? union(before.ranges, loss.ranges).slice(-MOST_RANGES) : loss.ranges;
    this.#untold.set(kind, { ...loss, ranges, readings: (before?.readings ?? 0) + count(loss.ranges) });
    const toldAt = this.#toldAt.get(kind);
    if (toldAt === undefined || this.#clock.monotonic() - toldAt >= BETWEEN_LOSSES) this.#tell(kind);
  }

  /** Tells what is yet to be told. */
  tell(): void {
    for (const kind of [...this.#untold.keys()]) this.#tell(kind);
  }

  #tell(kind: string): void {
    const loss = this.#untold.get(kind)!;
    this.#untold.delete(kind);
    this.#toldAt.set(kind, this.#clock.monotonic());
    if (AS_CONFIGURED.includes(loss.why)) this.#logger.warn(loss, `readings are given up, as configured; ${TOLD}`);
    else if (loss.why === 'memory-full')
      this.#logger.error(loss, `readings are lost; ${TOLD}, once the disk takes a note`);
    else this.#logger.error(loss, `readings are lost; ${TOLD}`);
  }
}

/** What the configuration asks for is no fault. */
const AS_CONFIGURED: readonly LossReason[] = ['thinned-out', 'too-old'];
const TOLD = 'the cloud is told which';
