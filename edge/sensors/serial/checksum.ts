/** How a frame says that it is whole. */
export const CHECKSUMS = ['sum8', 'sum8-negated', 'sum16', 'xor8', 'crc8', 'crc16-modbus', 'crc16-xmodem'] as const;

export type ChecksumKind = (typeof CHECKSUMS)[number];

/** Bytes that a checksum takes in the frame. */
export function checksumBytes(kind: ChecksumKind): 1 | 2 {
  return kind === 'sum16' || kind.startsWith('crc16') ? 2 : 1;
}

/** Modbus sends its CRC's low byte first; the others are seen with the high byte first. */
export function usualByteOrder(kind: ChecksumKind): 'big' | 'little' {
  return kind === 'crc16-modbus' ? 'little' : 'big';
}

/**
 * The checksum of `bytes`: sums modulo their width (`sum8-negated`: what makes the sum zero), exclusive-or, CRC-8
 * (polynomial 0x07), CRC-16/MODBUS (0x8005 reflected, from 0xffff) and CRC-16/XMODEM (0x1021, from 0).
 */
export function checksumOf(kind: ChecksumKind, bytes: Uint8Array): number {
  switch (kind) {
    case 'sum8':
      return sum(bytes) & 0xff;
    case 'sum8-negated':
      return -sum(bytes) & 0xff;
    case 'sum16':
      return sum(bytes) & 0xffff;
    case 'xor8':
      return bytes.reduce((all, byte) => all ^ byte, 0);
    case 'crc8':
      return bytes.reduce((crc, byte) => shiftedLeft(crc ^ byte, 0x80, 0x07, 0xff), 0);
    case 'crc16-xmodem':
      return bytes.reduce((crc, byte) => shiftedLeft(crc ^ (byte << 8), 0x8000, 0x1021, 0xffff), 0);
    case 'crc16-modbus':
      return bytes.reduce((crc, byte) => shiftedRight(crc ^ byte, 0xa001), 0xffff);
  }
}

function sum(bytes: Uint8Array): number {
  return bytes.reduce((all, byte) => all + byte, 0);
}

function shiftedLeft(value: number, top: number, polynomial: number, mask: number): number {
  let crc = value;
  for (let bit = 0; bit < 8; bit++) crc = (crc & top ? (crc << 1) ^ polynomial : crc << 1) & mask;
  return crc;
}

function shiftedRight(value: number, polynomial: number): number {
  let crc = value;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
  return crc;
}
