import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { runTool } from '../tool.ts';

/** Who signs a bundle: a certificate, and its key as a file or in a token. */
export interface Signer {
  readonly certificateFile: string;
  /** PEM file, or a PKCS#11 URI (RFC 7512), which RAUC takes as it is. */
  readonly key: string;
  readonly subject: string;
  /** SHA-256 of the certificate, hex. */
  readonly fingerprint: string;
}

/**
 * The signer of a certificate and its key.
 *
 * @throws TashikaError `CONFIG_UNREADABLE` where there is no such certificate
 */
export function signerOf(certificateFile: string, key: string): Signer {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(readFileSync(certificateFile));
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `${certificateFile} is no certificate in PEM: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  return {
    certificateFile,
    key,
    subject: certificate.subject.split('\n').join(', '),
    fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}

/**
 * A signer that nobody may trust, with its key beside its certificate: for a look at what a build gives.
 *
 * @param directory where `demo-signer.pem` and `demo-signer.key` are put; what is there from before is used again
 */
export function demoSigner(directory: string, madeAt: number): Signer {
  const [certificateFile, key] = ['demo-signer.pem', 'demo-signer.key'].map((name) => join(directory, name)) as [
    string,
    string,
  ];
  try {
    return signerOf(certificateFile, key);
  } catch {
    const subject = '/O=Tashika demo - not to be trusted/CN=demo signer';
    const made = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650', '-subj', subject];
    runTool('openssl', ['req', '-x509', ...made, '-keyout', key, '-out', certificateFile], { madeAt });
    return signerOf(certificateFile, key);
  }
}
