import type { SendingLink } from '../amqp/index.ts';
import type { LogRecord, LogRun, PartitionLog } from '../log/index.ts';

export interface ReaderOptions {
  readonly link: SendingLink;
  readonly partition: PartitionLog;
  /** Finds the offset to start at. */
  readonly start: () => Promise<number>;
  /** Throws once the reader may no longer read. */
  readonly authorize: () => void;
  /** Sections to put before each message: what the partition looks like now. */
  readonly metrics: ((partition: PartitionLog) => Buffer) | undefined;
  /** Closes the link for anything thrown. */
  readonly fail: (error: unknown) => void;
}

/**
 * Sends a partition's events over a link, as fast as the link takes them. It holds one bounded piece of
 * the log at a time, however far behind it is.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #stopListening: () => void;
  #offset: number | undefined;
  #records: readonly LogRecord[] = [];
  #sent = 0;
  #pumping = false;
  #wanted = false;

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#stopListening = options.partition.onAppend(() => this.#pump());
    options.link.onSendable = () => this.#pump();
    options.start().then(
      (offset) => {
        this.#offset = offset;
        this.#pump();
      },
      (error: unknown) => options.fail(error),
    );
  }

  stop(): void {
    this.#stopListening();
    this.#records = [];
  }

  #pump(): void {
    this.#wanted = true;
    if (this.#pumping || this.#offset === undefined) return;
    this.#pumping = true;
    void this.#pumpWhileWanted();
  }

  /** What happens while it sends is looked at afterwards: no event and no credit goes unnoticed. */
  async #pumpWhileWanted(): Promise<void> {
    try {
      while (this.#wanted) {
        this.#wanted = false;
        await this.#sendAll();
      }
    } catch (error) {
      this.#options.fail(error);
    }
    this.#pumping = false;
  }

  async #sendAll(): Promise<void> {
    const { link, partition, authorize } = this.#options;
    while (link.ready) {
      if (this.#sent === this.#records.length) {
        const run = partition.read(this.#offset!);
        if (!run) {
          this.#records = [];
          this.#sent = 0;
          link.idle();
          return;
        }
        this.#take(run instanceof Promise ? await run : run);
        continue;
      }
      authorize();
      this.#sendSome();
    }
  }

  #take(run: LogRun): void {
    this.#records = run.records;
    this.#sent = 0;
    this.#offset = run.next;
  }

  #sendSome(): void {
    const { link, partition, metrics } = this.#options;
    const prefix = metrics?.(partition);
    while (this.#sent < this.#records.length && link.ready) {
      link.send(this.#records[this.#sent]!.wire, prefix);
      this.#sent += 1;
    }
  }
}
