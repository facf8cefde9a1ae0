import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { temporaryDirectory } from './directory.ts';

/** A certificate for `localhost` that signs itself, and its key, as PEM files; made by `openssl`. */
export function localCertificate(): { readonly certFile: string; readonly keyFile: string } {
  const directory = temporaryDirectory();
  const [certFile, keyFile] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'],
      ...['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-out', certFile, '-keyout', keyFile],
    ],
    { stdio: 'ignore' },
  );
  return { certFile, keyFile };
}
