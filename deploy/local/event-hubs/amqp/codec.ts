import rhea from 'rhea';

/** A value with its AMQP type, as rhea's codec carries it. */
export interface Typed {
  readonly type: unknown;
  readonly value: unknown;
  readonly descriptor?: Typed;
}

interface Reader {
  position: number;
  read(): Typed;
  remaining(): number;
}

interface Writer {
  write(value: Typed): void;
  toBuffer(): Buffer;
}

/** The part of rhea's type system that the stand-in uses. */
interface Codec {
  readonly Reader: new (bytes: Buffer) => Reader;
  readonly Writer: new () => Writer;
  Null(): Typed;
  wrap_boolean(value: boolean): Typed;
  wrap_ubyte(value: number): Typed;
  wrap_ushort(value: number): Typed;
  wrap_uint(value: number): Typed;
  wrap_ulong(value: number): Typed;
  wrap_int(value: number): Typed;
  wrap_long(value: number): Typed;
  wrap_timestamp(value: number): Typed;
  wrap_string(value: string): Typed;
  wrap_symbol(value: string): Typed;
  wrap_binary(value: Uint8Array): Typed;
  wrap_list(value: readonly Typed[]): Typed;
  wrap_map(value: object): Typed;
  wrap_symbolic_map(value: object): Typed;
  wrap_array(value: readonly unknown[], typeCode: number): Typed;
  described_nc(descriptor: Typed, value: Typed): Typed;
  unwrap(value: unknown, leaveDescribed?: boolean): unknown;
}

/** rhea's AMQP types: its typings leave out the reader and the writer, so they are named here. */
export const types = rhea.types as unknown as Codec;

/** rhea's codec of whole messages. */
export const message = rhea.message;

/** A described list: how AMQP writes every composite. */
export function composite(code: number, fields: readonly Typed[]): Typed {
  return types.described_nc(types.wrap_ulong(code), types.wrap_list(fields));
}

/** Encodes one value. */
export function encodeValue(value: Typed): Buffer {
  const writer = new types.Writer();
  writer.write(value);
  return writer.toBuffer();
}
