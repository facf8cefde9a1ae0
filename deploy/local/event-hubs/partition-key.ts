/**
 * The partition of a key, as the service and all of its SDKs choose it: Jenkins' lookup3 with both seeds
 * zero, its two halves folded into a signed 16-bit number, the remainder's absolute value.
 * Source: `PartitionResolver` of Azure's SDKs (.NET, Java, Python, JavaScript agree).
 */
export function partitionOfKey(key: string, partitionCount: number): number {
  return Math.abs(foldedHash(Buffer.from(key, 'utf8')) % partitionCount);
}

function foldedHash(bytes: Buffer): number {
  const [b, c] = lookup3(bytes);
  return ((b ^ c) << 16) >> 16;
}

/** Bob Jenkins' lookup3 (`hashlittle2`), 32-bit arithmetic: http://burtleburtle.net/bob/c/lookup3.c */
function lookup3(bytes: Buffer): [b: number, c: number] {
  let a = (0xdeadbeef + bytes.length) | 0;
  let b = a;
  let c = a;
  let at = 0;
  for (; bytes.length - at > 12; at += 12) {
    a = (a + bytes.readInt32LE(at)) | 0;
    b = (b + bytes.readInt32LE(at + 4)) | 0;
    c = (c + bytes.readInt32LE(at + 8)) | 0;
    a = ((a - c) ^ rotate(c, 4)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 6)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 8)) | 0;
    b = (b + a) | 0;
    a = ((a - c) ^ rotate(c, 16)) | 0;
    c = (c + b) | 0;
    b = ((b - a) ^ rotate(a, 19)) | 0;
    a = (a + c) | 0;
    c = ((c - b) ^ rotate(b, 4)) | 0;
    b = (b + a) | 0;
  }
  if (at === bytes.length) return [b, c];
  const rest = Buffer.alloc(12);
  bytes.copy(rest, 0, at);
  a = (a + rest.readInt32LE(0)) | 0;
  b = (b + rest.readInt32LE(4)) | 0;
  c = (c + rest.readInt32LE(8)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return [b, c];
}

function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}
