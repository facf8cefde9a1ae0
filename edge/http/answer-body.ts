/** Enough of an answer to log why. */
const ANSWER_BYTES = 1_024;

/** The first bytes of a body; a longer one ends its connection, because a cellular link pays for what it reads. */
export async function beginningOf(body: AsyncIterable<Buffer>, most = ANSWER_BYTES): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= most) break;
  }
  return Buffer.concat(chunks).subarray(0, most).toString();
}
