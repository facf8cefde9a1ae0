import type { LinkOptions } from './link.ts';

/** What one attempt was, for reckoning its bytes. */
export interface Attempt {
  /** Of the post alone. */
  readonly bodyBytes: number;
  readonly newConnection: boolean;
  /** Whether somebody answered, whatever it was. */
  readonly answered: boolean;
  /** Of the answer, where they are known. */
  readonly answerBytes?: number | undefined;
}

/** IPv4 20, TCP 20 and its timestamps 12. */
const TCP_PACKET = 52;
/** IPv4 20, UDP 8. */
const UDP_PACKET = 28;
/** Of a segment, in a network that carries 1,400 bytes in one packet. */
const SEGMENT = 1_348;
/** Three packets to open and four to close, two of them with options. */
const TCP_CONNECTION = 7 * TCP_PACKET + 16;
/** A name that is asked for, and its answer. */
const NAME_QUESTION = 200;
/** `204 No Content` with the headers that servers add, where nobody counts them. */
const HTTP_ANSWER = 160;
const MQTT_CONNECT = 80;
const LINE_ANSWER = 3;
/** The answers of a few destinations as JSON, and headers that say so. */
const UNIFIED_ANSWER = 200;
const PUBACK = 4;
/** What is sent again while nothing answers: a segment at 1, 3 and 7 s by TCP, two more datagrams by UDP. */
const COPIES_UNANSWERED = 3;

/**
 * Bytes that an attempt puts on the air, both ways, headers of TCP or UDP and IP included: an estimate from above for
 * IPv4, because a device can't see what its modem is billed for.
 */
export function airBytes(options: Pick<LinkOptions, 'url' | 'entry' | 'topic'>, attempt: Attempt): number {
  const url = new URL(options.url);
  const { bodyBytes, newConnection, answered } = attempt;
  const copies = answered ? 1 : COPIES_UNANSWERED;
  if (url.protocol === 'udp:') {
    const more = options.entry === 'unified' ? UNIFIED_ANSWER : 0;
    const answer = answered ? UDP_PACKET + LINE_ANSWER + more : NAME_QUESTION;
    return copies * (UDP_PACKET + bodyBytes) + answer;
  }
  const [head, usualAnswer, greeting] = overhead(url, bodyBytes, options);
  const answer = attempt.answerBytes ?? usualAnswer;
  const up = head + bodyBytes;
  const segments = Math.ceil(up / SEGMENT);
  const again = (copies - 1) * (TCP_PACKET + Math.min(up, SEGMENT));
  // The answer's packet and what acknowledges it; of a long post every second segment is acknowledged alone.
  const down = answered ? 2 * TCP_PACKET + answer + Math.floor(segments / 2) * TCP_PACKET : 0;
  const connection = newConnection ? TCP_CONNECTION + NAME_QUESTION + greeting : 0;
  return up + segments * TCP_PACKET + again + down + connection;
}

/** The same of bytes that went through a TCP socket, by its own count: each way in segments, every second acknowledged. */
export function socketAirBytes(read: number, written: number, newConnection: boolean): number {
  const way = (bytes: number) => {
    const segments = Math.ceil(bytes / SEGMENT);
    return bytes + (segments + Math.ceil(segments / 2)) * TCP_PACKET;
  };
  return way(read) + way(written) + (newConnection ? TCP_CONNECTION + NAME_QUESTION : 0);
}

/** Bytes around a body, of its answer, and of what goes before the first one. */
function overhead(
  url: URL,
  bodyBytes: number,
  { entry, topic = '' }: Pick<LinkOptions, 'entry' | 'topic'>,
): readonly [number, number, number] {
  const more = entry === 'unified' ? UNIFIED_ANSWER : 0;
  switch (url.protocol) {
    case 'tcp:':
      return [0, LINE_ANSWER + more, 0];
    case 'mqtt:':
      return [topic.length + 7, PUBACK, MQTT_CONNECT + 2 * TCP_PACKET];
    default: {
      const lines = [
        `POST ${url.pathname}${url.search} HTTP/1.1`,
        'content-type: application/json',
        `content-length: ${bodyBytes}`,
        `Host: ${url.host}`,
        '',
        '',
      ];
      return [lines.join('\r\n').length, HTTP_ANSWER + more, 0];
    }
  }
}
