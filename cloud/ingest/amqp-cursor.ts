/** Names that have been read as keys of maps: the same few come with every message. */
const MOST_NAMES = 256;
const names = new Map<number, { readonly bytes: Buffer; readonly name: string }>();

/**
 * Goes through encoded values (AMQP 1.0, part 1.6), without making an object of what holds them. `strange` is set by
 * anything that only `rhea` should judge.
 */
export class Cursor {
  position = 0;
  /** Where the list or map that was entered ends. */
  end = 0;
  strange = false;

  /** Stands before the first element of the list whose constructor is at `start`; answers their number, -1 for none. */
  enterList(bytes: Buffer, start: number): number {
    this.strange = false;
    return this.#enter(bytes, start, 0xc0, 0xd0);
  }

  #enter(bytes: Buffer, start: number, small: number, large: number): number {
    const code = bytes[start];
    if (code === small) {
      this.end = start + 2 + bytes[start + 1]!;
      this.position = start + 3;
      return this.end <= bytes.length ? bytes[start + 2]! : -1;
    }
    if (code !== large || start + 9 > bytes.length) return -1;
    this.end = start + 5 + uint32(bytes, start + 1);
    this.position = start + 9;
    return this.end <= bytes.length ? uint32(bytes, start + 5) : -1;
  }

  /** Reads a map of names and plain values. */
  map(bytes: Buffer, start: number): Record<string, unknown> {
    const map: Record<string, unknown> = {};
    const count = this.#enter(bytes, start, 0xc1, 0xd1);
    const { end } = this;
    if (count < 0 || count % 2 !== 0) this.strange = true;
    for (let pair = 0; pair < count && !this.strange; pair += 2) {
      const name = this.#name(bytes);
      if (name === '__proto__') this.strange = true;
      else map[name] = this.value(bytes);
    }
    if (this.position !== end) this.strange = true;
    return map;
  }

  /** Reads a list as the named fields of `target`; nulls are left out. */
  fields(bytes: Buffer, start: number, target: Record<string, unknown>, fields: readonly string[]): void {
    if (bytes[start] === 0x45) {
      this.position = start + 1; // the empty list
      return;
    }
    const count = this.#enter(bytes, start, 0xc0, 0xd0);
    const { end } = this;
    if (count < 0 || count > fields.length) this.strange = true;
    for (let index = 0; index < count && !this.strange; index++) {
      const value = this.value(bytes);
      if (value !== null) target[fields[index]!] = value;
    }
    if (this.position !== end) this.strange = true;
  }

  #name(bytes: Buffer): string {
    const code = bytes[this.position];
    const length = bytes[this.position + 1]!;
    const start = this.position + 2;
    if ((code !== 0xa3 && code !== 0xa1) || start + length > bytes.length) {
      this.strange = true;
      return '';
    }
    this.position = start + length;
    // A name is known by its length, its last two bytes and then all of it.
    const key = (code << 24) | (length << 16) | (bytes[start + length - 1]! << 8) | bytes[start + (length >> 1)]!;
    const known = names.get(key);
    if (known && equal(known.bytes, bytes, start)) return known.name;
    const name = bytes.toString(code === 0xa3 ? 'ascii' : 'utf8', start, start + length);
    if (!known && names.size < MOST_NAMES) {
      names.set(key, { bytes: Buffer.from(bytes.subarray(start, start + length)), name });
    }
    return name;
  }

  /** Reads a value that is no list, map or array. */
  value(bytes: Buffer): unknown {
    const start = this.position + 1;
    const code = bytes[this.position];
    switch (code) {
      case 0x40:
        this.position = start;
        return null;
      case 0x41:
        this.position = start;
        return true;
      case 0x42:
        this.position = start;
        return false;
      case 0x43: // uint 0
      case 0x44: // ulong 0
        this.position = start;
        return 0;
      case 0x50: // ubyte
      case 0x52: // small uint
      case 0x53: // small ulong
        this.position = start + 1;
        return bytes[start];
      case 0x54: // small int
      case 0x55: // small long
        this.position = start + 1;
        return (bytes[start]! << 24) >> 24;
      case 0x70: // uint
        this.position = start + 4;
        return uint32(bytes, start);
      case 0x71: // int
        this.position = start + 4;
        return uint32(bytes, start) | 0;
      case 0x80: // ulong
      case 0x81: // long
        return this.#long(bytes, start);
      case 0x83: // timestamp
        return new Date(this.#long(bytes, start));
      case 0xa0: // binary
        return this.#bytes(bytes, start + 1, bytes[start]!);
      case 0xb0:
        return this.#bytes(bytes, start + 4, uint32(bytes, start));
      case 0xa1: // string
        return this.#text(bytes, start + 1, bytes[start]!, 'utf8');
      case 0xb1:
        return this.#text(bytes, start + 4, uint32(bytes, start), 'utf8');
      case 0xa3: // symbol
        return this.#text(bytes, start + 1, bytes[start]!, 'ascii');
      default:
        this.strange = true;
        return undefined;
    }
  }

  /** Numbers that are safe integers by far; `rhea` keeps the bytes of all others. */
  #long(bytes: Buffer, start: number): number {
    this.position = start + 8;
    const high = uint32(bytes, start);
    if (high > 0x1fffff || start + 8 > bytes.length) this.strange = true;
    return high * 4_294_967_296 + uint32(bytes, start + 4);
  }

  #bytes(bytes: Buffer, start: number, length: number): Buffer {
    this.position = start + length;
    if (this.position > bytes.length) this.strange = true;
    return bytes.subarray(start, this.position);
  }

  #text(bytes: Buffer, start: number, length: number, encoding: 'utf8' | 'ascii'): string {
    this.position = start + length;
    if (this.position > bytes.length) this.strange = true;
    return bytes.toString(encoding, start, this.position);
  }
}

export function uint32(bytes: Buffer, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function equal(known: Buffer, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < known.length; index++) if (known[index] !== bytes[start + index]) return false;
  return true;
}
