// What the image asks by HEALTHCHECK: does the program in it answer at all? Whether hub and store do is not asked here, for
// no restart mends those; /api/ready tells of them.
import http from 'node:http';
import https from 'node:https';
import process from 'node:process';

const ANSWER_WITHIN_MS = 4000;
const STANDARD_PORTS = { API: '8080', WORKER: '8081' };

/** Any answer of HTTP is one; whose certificate it is does not matter to oneself. */
function answers(section) {
  const setting = (name) => process.env[`TASHIKA_CLOUD_${section}_${name}`];
  const { request } = setting('TLS_CERT_FILE') ? https : http;
  const address = { host: '127.0.0.1', port: setting('PORT') ?? STANDARD_PORTS[section], path: '/api/health' };
  return new Promise((resolve, reject) => {
    const asking = request({ ...address, rejectUnauthorized: false, timeout: ANSWER_WITHIN_MS }, resolve);
    asking.on('timeout', () => asking.destroy(new Error('no answer')));
    asking.on('error', reject);
    asking.end();
  });
}

try {
  await Promise.any(Object.keys(STANDARD_PORTS).map(answers));
  process.exit(0);
} catch {
  process.stderr.write('tashika-cloud does not answer\n');
  process.exit(1);
}
