import type { Verdict } from './verdict.ts';

/**
 * Most bytes of a post over TCP and UDP, unless configured: with 20 bytes of IP and up to 32 of TCP it stays below the
 * 1,420 to 1,500 bytes that mobile networks carry in one packet.
 */
export const DEFAULT_PACKET_BYTES = 1_360;

/** Most bytes of one post over the link that the url's scheme chooses. */
export function postBytes(options: {
  readonly url: string;
  readonly batchBytes: number;
  readonly packetBytes: number;
}): number {
  const oneByOne = options.url.startsWith('tcp:') || options.url.startsWith('udp:');
  return oneByOne ? Math.min(options.batchBytes, options.packetBytes) : options.batchBytes;
}

/** The verdict on a post that the link does not even try to send. */
export function tooLong(body: Buffer, packetBytes: number): Verdict {
  return {
    kind: 'refused',
    unsent: true,
    reason: `the post has ${body.length} bytes, and one packet takes ${packetBytes} (uplink.packetBytes)`,
  };
}
