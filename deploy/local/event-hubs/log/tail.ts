/** A piece of log as it stands in the file. */
export interface LogPiece {
  readonly offset: number;
  readonly bytes: Buffer;
}

/** The newest pieces of a partition's log, kept in memory up to a limit: readers at the end need no disk. */
export class Tail {
  readonly #limitBytes: number;
  #pieces: LogPiece[] = [];
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  push(piece: LogPiece): void {
    this.#pieces.push(piece);
    this.#bytes += piece.bytes.length;
    while (this.#bytes > this.#limitBytes && this.#pieces.length > 1) {
      this.#bytes -= this.#pieces.shift()!.bytes.length;
    }
  }

  /** The log from `offset` on, which is the start of a record; undefined where memory doesn't reach back so far. */
  from(offset: number): LogPiece | undefined {
    for (let index = this.#pieces.length - 1; index >= 0; index -= 1) {
      const piece = this.#pieces[index]!;
      if (offset >= piece.offset + piece.bytes.length) return undefined;
      if (offset >= piece.offset) return { offset, bytes: piece.bytes.subarray(offset - piece.offset) };
    }
    return undefined;
  }
}
