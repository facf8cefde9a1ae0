import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Server } from 'node:https';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Clock, Duration, TimerHandle } from '@tashika/shared/time';
import type { FastifyBaseLogger } from 'fastify';

/** Files in PEM: the certificate with what leads to its root, and its private key. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** When it ends, as the certificate says. */
  readonly validTo: string;
}

/** A certificate of three days is replaced half a day before its end; seconds do not matter. */
const LOOKED_AT_EVERY_MS: Duration = 10_000;

/**
 * Reads the two files, which must belong together.
 *
 * @throws TashikaError CONFIG_UNREADABLE for a file that can't be read; CONFIG_INVALID for what is no certificate, no
 *   key, or the key of another certificate. Nothing of a key is in the sentence.
 */
export async function readCertificate({ certFile, keyFile }: CertificateFiles): Promise<Certificate> {
  const [cert, key] = [await textOf(certFile), await textOf(keyFile)];
  const certificate = parsed(certFile, 'certificate', () => new X509Certificate(cert));
  const privateKey = parsed(keyFile, 'private key', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw new TashikaError('CONFIG_INVALID', `${keyFile} is not the key of the certificate in ${certFile}.`);
  return { cert, key, validTo: certificate.validTo };
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new TashikaError('CONFIG_UNREADABLE', `${file} can't be read: ${messageOf(cause)}`, { cause });
  }
}

function parsed<T>(file: string, what: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw new TashikaError('CONFIG_INVALID', `${file} holds no ${what} in PEM.`); // no cause: it may quote the file
  }
}

/**
 * Has a server take a certificate that is put in the place of the former one. Connections that are open keep theirs.
 * Files that are being replaced, or do not belong together, are told of once; the server keeps what it has.
 *
 * @returns ends it
 */
export function followCertificate(
  server: Pick<Server, 'setSecureContext'>,
  files: CertificateFiles,
  current: Certificate,
  { clock, logger }: { readonly clock: Clock; readonly logger: FastifyBaseLogger },
): () => void {
  let { cert, key } = current;
  let told: string | undefined;
  let stopped = false;
  let timer: TimerHandle;

  async function look(): Promise<void> {
    try {
      const found = await readCertificate(files);
      told = undefined;
      if (found.cert === cert && found.key === key) return;
      server.setSecureContext({ cert: found.cert, key: found.key });
      ({ cert, key } = found);
      logger.info({ validTo: found.validTo }, 'a new certificate is served');
    } catch (error) {
      const sentence = messageOf(error);
      if (sentence !== told) logger.warn({ error: sentence }, 'the certificate in the files can not be served');
      told = sentence;
    }
  }

  function later(): void {
    timer = clock.after(LOOKED_AT_EVERY_MS, () => {
      void look().then(() => {
        if (!stopped) later();
      });
    });
  }

  later();
  return () => {
    stopped = true;
    timer.cancel();
  };
}
