/** What a progress line is written to. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

const CLEAR_LINE = '\r\u001b[2K';
const USUAL_COLUMNS = 80;

/** How long work is getting on: on a terminal one line that is rewritten, elsewhere a line each. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  #shown = false;

  constructor(stream: ProgressStream) {
    this.#stream = stream;
  }

  tell(text: string): void {
    if (!this.#stream.isTTY) {
      this.#stream.write(`${text}\n`);
      return;
    }
    // A line that wraps could not be cleared; the last column stays free, for some terminals wrap on it.
    const room = (this.#stream.columns ?? USUAL_COLUMNS) - 1;
    const line = text.replaceAll('\n', ' ');
    this.#stream.write(CLEAR_LINE + (line.length > room ? `${line.slice(0, room - 1)}…` : line));
    this.#shown = true;
  }

  /** Takes the line away, before something that stays is written to the same terminal. */
  clear(): void {
    if (!this.#shown) return;
    this.#stream.write(CLEAR_LINE);
    this.#shown = false;
  }
}
