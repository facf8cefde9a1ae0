// What the image asks by HEALTHCHECK: does the program in it answer at all? Whether hub and store do is not asked here, for
// no restart mends those; /api/ready tells of them.
import process from 'node:process';

const { TASHIKA_CLOUD_API_PORT = '8080', TASHIKA_CLOUD_WORKER_PORT = '8081' } = process.env;
const ANSWER_WITHIN_MS = 4000;

/** Any answer of HTTP is one. */
const answers = (port) =>
  fetch(`http://127.0.0.1:${port}/api/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });

try {
  await Promise.any([TASHIKA_CLOUD_API_PORT, TASHIKA_CLOUD_WORKER_PORT].map(answers));
} catch {
  process.stderr.write('tashika-cloud does not answer\n');
  process.exitCode = 1;
}
