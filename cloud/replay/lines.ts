/** One line of a file, by its number from 1; or why it is none. */
export type NumberedLine =
  | { readonly number: number; readonly text: string }
  | { readonly number: number; readonly fault: string };

/** The longest line that is read. Event Hubs takes events of 1 MiB, which escapes can make several times as long. */
export const MOST_LINE_BYTES = 8 * 1024 * 1024;

const LINE_FEED = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Cuts chunks of bytes into lines. It holds one line at most, and of one that is too long nothing. */
export class LineSplitter {
  #number = 1;
  #pieces: Buffer[] = [];
  #bytes = 0;

  /** The lines that end in `chunk`. */
  push(chunk: Buffer): NumberedLine[] {
    const lines: NumberedLine[] = [];
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(LINE_FEED, start);
      if (end < 0) break;
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines;
  }

  /** The last line, where the file does not end with a line feed. */
  end(): NumberedLine[] {
    return this.#bytes === 0 ? [] : [this.#take()];
  }

  #keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.#bytes += piece.length;
    if (this.#bytes <= MOST_LINE_BYTES) this.#pieces.push(piece);
    else this.#pieces = [];
  }

  #take(): NumberedLine {
    const number = this.#number++;
    const bytes = this.#bytes;
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    if (bytes > MOST_LINE_BYTES)
      return { number, fault: `has ${bytes} bytes; a line must have at most ${MOST_LINE_BYTES}` };
    try {
      return { number, text: utf8.decode(pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)) };
    } catch {
      return { number, fault: notUtf8(pieces[0]!) };
    }
  }
}

/** Says what a line that is not UTF-8 seems to be, by its first bytes. */
function notUtf8(bytes: Buffer): string {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b)
    return 'is compressed; decompress it first: gunzip -c FILE | tashika-cloud replay -';
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    return 'is UTF-16; every line must be UTF-8: iconv -f UTF-16 -t UTF-8 FILE | tashika-cloud replay -';
  return 'is not UTF-8, which every line must be';
}
