/**
 * As much of PostgreSQL's protocol 3 as it takes to know the statements of a connection and their ends (PostgreSQL
 * documentation, "Frontend/Backend Protocol", message formats). Without TLS, which is declined as the protocol has it.
 */

const LENGTH_BYTES = 4;
const TYPE_BYTES = 1;
const SSL_REQUEST = 80_877_103;
const GSS_REQUEST = 80_877_104;

/** Cuts a stream of bytes into messages: a type of one byte (none before the start-up is over), a length, a body. */
class Framing {
  #rest: Buffer = Buffer.alloc(0);
  typed: boolean;

  constructor(typed: boolean) {
    this.typed = typed;
  }

  push(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
  }

  /** The next whole message; undefined until more has come. */
  next(): { readonly type: string; readonly body: Buffer; readonly message: Buffer } | undefined {
    const head = this.typed ? TYPE_BYTES : 0;
    if (this.#rest.length < head + LENGTH_BYTES) return undefined;
    const end = head + this.#rest.readUInt32BE(head); // a length counts itself
    if (this.#rest.length < end) return undefined;
    const message = this.#rest.subarray(0, end);
    this.#rest = this.#rest.subarray(end);
    const type = this.typed ? String.fromCharCode(message[0]!) : '';
    return { type, body: message.subarray(head + LENGTH_BYTES), message };
  }
}

export interface FrontendHandler {
  forward(message: Buffer): void;
  answer(message: Buffer): void;
  /** A COMMIT comes next; false keeps it, and all that follows, from the server. */
  committing(statements: readonly string[]): boolean;
}

/** What a client says. */
export class FrontendStream {
  readonly #framing = new Framing(false);
  readonly #handler: FrontendHandler;
  readonly #prepared = new Map<string, string>();
  #bound = '';
  #statements: string[] | undefined;
  #ended = false;

  constructor(handler: FrontendHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    this.#framing.push(chunk);
    for (let each = this.#framing.next(); each && !this.#ended; each = this.#framing.next()) {
      if (!this.#framing.typed) this.#start(each.body, each.message);
      else if (this.#passes(each.type, each.body)) this.#handler.forward(each.message);
      else this.#ended = true;
    }
  }

  #start(body: Buffer, message: Buffer): void {
    const code = body.readUInt32BE(0);
    if (code === SSL_REQUEST || code === GSS_REQUEST) {
      this.#handler.answer(Buffer.from('N'));
      return;
    }
    this.#framing.typed = true;
    this.#handler.forward(message);
  }

  #passes(type: string, body: Buffer): boolean {
    switch (type) {
      case 'Q':
        return this.#runs(textsOf(body)[0]!);
      case 'P': {
        const [name, sql] = textsOf(body) as [string, string];
        this.#prepared.set(name, sql);
        return true;
      }
      case 'B':
        this.#bound = this.#prepared.get(textsOf(body)[1]!) ?? '';
        return true;
      case 'E':
        return this.#runs(this.#bound);
      default:
        return true;
    }
  }

  #runs(sql: string): boolean {
    if (/^\s*BEGIN\b/i.test(sql)) this.#statements = [];
    else if (/^\s*ROLLBACK\b/i.test(sql)) this.#statements = undefined;
    else if (/^\s*COMMIT\b/i.test(sql)) {
      const statements = this.#statements ?? [];
      this.#statements = undefined;
      return this.#handler.committing(statements);
    } else this.#statements?.push(sql);
    return true;
  }
}

export interface BackendHandler {
  forward(message: Buffer): void;
  /** A statement is over, with the tag of its command, or undefined for an error; false keeps that from the client. */
  completed(tag: string | undefined): boolean;
}

/** What the server says. */
export class BackendStream {
  readonly #framing = new Framing(true);
  readonly #handler: BackendHandler;
  #ended = false;

  constructor(handler: BackendHandler) {
    this.#handler = handler;
  }

  push(chunk: Buffer): void {
    this.#framing.push(chunk);
    for (let each = this.#framing.next(); each && !this.#ended; each = this.#framing.next()) {
      const { type, body, message } = each;
      const ends = type === 'C' || type === 'E';
      if (ends && !this.#handler.completed(type === 'C' ? textsOf(body)[0] : undefined)) this.#ended = true;
      else this.#handler.forward(message);
    }
  }
}

/** The texts at the start of a body, each with a NUL at its end; at most two are of interest. */
function textsOf(body: Buffer): string[] {
  const texts: string[] = [];
  for (let start = 0; texts.length < 2; ) {
    const end = body.indexOf(0, start);
    if (end < 0) break;
    texts.push(body.toString('utf8', start, end));
    start = end + 1;
  }
  return texts;
}
