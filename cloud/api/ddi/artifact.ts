import type { FastifyReply } from 'fastify';
import type { Download } from '../../fleet/ddi/index.ts';
import { ProblemError } from '../problem.ts';

/** A device that has taken nothing for this long is gone. */
const STALLED_AFTER_MS = 60_000;

/** Answers a download as RFC 9110 has it (14 and 15.3.7): 200, 206 or 416; 429 where the day's bytes are spent. */
export function sendDownload(reply: FastifyReply, download: Download): FastifyReply {
  if (download.kind === 'spent')
    throw new ProblemError(
      'DAILY_BYTES_SPENT',
      "The device's bytes of today are spent; go on tomorrow, with a range.",
      {
        headers: { 'retry-after': String(Math.ceil(download.retryAfterMs / 1_000)) },
      },
    );
  const { etag, size } = download;
  reply.headers({ etag, 'accept-ranges': 'bytes', 'cache-control': 'no-transform' });
  if (download.kind === 'unsatisfiable') return reply.code(416).header('content-range', `bytes */${size}`).send();
  const { range, content } = download;
  reply.header('content-type', 'application/octet-stream');
  reply.header('content-length', range ? range.last - range.first + 1 : size);
  if (range) reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${size}`);
  if (!content) return reply.send();
  reply.raw.setTimeout(STALLED_AFTER_MS, () => reply.raw.destroy());
  return reply.send(content);
}
