/** How many bytes of a dead letter are shown. */
export const SAMPLE_BYTES = 1024;

/** How far into an event Funnel's own fields may reach. */
export const HEAD_BYTES = 4096;

/** From here on the payload is not worth a cut: the sample's larger part is the payload's anyway. */
const SHORT_ENVELOPE_BYTES = 256;

const PAYLOADS = Buffer.from('"payloads"');

/**
 * What is shown of a dead letter, as UTF-8 text with a replacement character for what is none: its first 1,024 bytes.
 * Where it is longer and what Funnel puts around it would take most of that, 1,024 bytes from `"payloads"` on, after
 * an ellipsis. Where the cut goes through a character, that one is left out.
 *
 * @param head the first HEAD_BYTES of the event, or all of it
 */
export function sampleOf(head: Uint8Array): string {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  const payloads = bytes.length > SAMPLE_BYTES ? bytes.indexOf(PAYLOADS) : -1;
  const start = payloads > SHORT_ENVELOPE_BYTES ? payloads : 0;
  const part = bytes.subarray(start, start + SAMPLE_BYTES);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(part, { stream: part.length === SAMPLE_BYTES });
  return start > 0 ? `…${text}` : text;
}
