import { X509Certificate } from 'node:crypto';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import { type BitString, fromBER } from 'asn1js';
import { type BasicConstraints, Certificate, type ExtKeyUsage } from 'pkijs';
import { refused } from './refusal.ts';

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
/** Extensions that are looked at here, by OpenSSL, or that restrict nothing. Another one that is critical is not passed over. */
const KNOWN = new Set([BASIC_CONSTRAINTS, KEY_USAGE, EXTENDED_KEY_USAGE, '2.5.29.14', '2.5.29.17', '2.5.29.35']);
/** For signing mail, which is what RAUC asks for unless told otherwise (`check-purpose`), for signing code, or for all. */
const USAGES = new Set(['1.3.6.1.5.5.7.3.4', '1.3.6.1.5.5.7.3.3', '2.5.29.37.0']);
/** digitalSignature and nonRepudiation (RFC 5280, 4.2.1.3). */
const SIGNING_BITS = 0x80 | 0x40;
/** More authorities over one another are no chain that somebody keeps. */
const LONGEST_CHAIN = 8;

/**
 * The certificates of a keyring as RAUC has it: PEM blocks one after the other.
 *
 * @throws TashikaError KEYRING_UNREADABLE
 */
export function readKeyring(pem: string): readonly X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0)
    throw new TashikaError('KEYRING_UNREADABLE', 'The keyring has no certificate: it is to be a PEM file of them.');
  return blocks.map((block, index) => {
    try {
      return new X509Certificate(block);
    } catch (error) {
      const which = `Certificate ${index + 1} of the keyring`;
      throw new TashikaError('KEYRING_UNREADABLE', `${which} can't be read (${messageOf(error)}).`, { cause: error });
    }
  });
}

export interface ChainQuestion {
  readonly signer: X509Certificate;
  /** Certificates that came along with it. */
  readonly others: readonly X509Certificate[];
  readonly keyring: readonly X509Certificate[];
  readonly now: Timestamp;
  /** When it says that it signed; undefined where it does not say. */
  readonly signedAt: Timestamp | undefined;
}

/**
 * Sees that `signer` may sign bundles and stands under a root of the keyring (RFC 5280, 6.1, without policies, name
 * constraints and revocation lists): now, as devices will look at it, and when it signed.
 *
 * @throws TashikaError BUNDLE_REFUSED
 */
export function requireTrusted({ signer, others, keyring, now, signedAt }: ChainQuestion): void {
  const name = subjectOf(signer);
  const { usage, extendedUsage } = constraintsOf(signer);
  if (usage !== undefined && (usage & SIGNING_BITS) === 0)
    throw refused(`the certificate of ${name} is not for signing: its key usage lacks digitalSignature`);
  if (extendedUsage && !extendedUsage.some((each) => USAGES.has(each)))
    throw refused(
      `the certificate of ${name} is not for signing bundles: its extended key usage has neither emailProtection nor codeSigning`,
    );
  const chain = chainOf(signer, keyring, [...keyring, ...others], 0);
  if (!chain) throw refused(`it is signed by ${name}, who stands under no root of the keyring`);
  for (const certificate of chain) {
    if (!validAt(certificate, now))
      throw refused(
        `the certificate of ${subjectOf(certificate)} is good from ${certificate.validFrom} to ${certificate.validTo}`,
      );
    if (signedAt !== undefined && !validAt(certificate, signedAt))
      throw refused(
        `it was signed at ${new Date(signedAt).toISOString()}, when the certificate of ${subjectOf(certificate)} was not good`,
      );
  }
}

/** The subject on one line, as OpenSSL writes it. */
export function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').join(', ');
}

/** SHA-256 of the certificate, lower-case hex without colons. */
export function fingerprintOfCertificate(certificate: X509Certificate): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase();
}

/** `below` is the number of authorities under `certificate`, which its path length bounds. */
function chainOf(
  certificate: X509Certificate,
  roots: readonly X509Certificate[],
  candidates: readonly X509Certificate[],
  below: number,
): readonly X509Certificate[] | undefined {
  if (below > LONGEST_CHAIN) return undefined;
  const inKeyring = roots.some((root) => root.fingerprint256 === certificate.fingerprint256);
  if (inKeyring && isIssuedBy(certificate, certificate)) return [certificate];
  for (const issuer of candidates) {
    if (issuer.fingerprint256 === certificate.fingerprint256 || !isIssuedBy(certificate, issuer)) continue;
    const { authority, pathLength, usage } = constraintsOf(issuer);
    if (!authority || below > pathLength || (usage !== undefined && (usage & 0x04) === 0)) continue;
    const chain = chainOf(issuer, roots, candidates, below + 1);
    if (chain) return [certificate, ...chain];
  }
  return undefined;
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function validAt(certificate: X509Certificate, time: Timestamp): boolean {
  return Date.parse(certificate.validFrom) <= time && time <= Date.parse(certificate.validTo);
}

interface Constraints {
  readonly authority: boolean;
  readonly pathLength: number;
  /** Bits of the key usage; undefined where it is not restricted. */
  readonly usage: number | undefined;
  readonly extendedUsage: readonly string[] | undefined;
}

function constraintsOf(certificate: X509Certificate): Constraints {
  const extensions = Certificate.fromBER(Uint8Array.from(certificate.raw)).extensions ?? [];
  const strange = extensions.find(({ extnID, critical }) => critical && !KNOWN.has(extnID));
  if (strange)
    throw refused(
      `the certificate of ${subjectOf(certificate)} has the critical extension ${strange.extnID}, which is not understood here`,
    );
  const extension = (id: string) => extensions.find(({ extnID }) => extnID === id);
  const basic = extension(BASIC_CONSTRAINTS)?.parsedValue as BasicConstraints | undefined;
  const usage = extension(KEY_USAGE);
  return {
    authority: basic?.cA === true,
    pathLength: typeof basic?.pathLenConstraint === 'number' ? basic.pathLenConstraint : Number.POSITIVE_INFINITY,
    usage: usage && ((fromBER(usage.extnValue.getValue()).result as BitString).valueBlock.valueHexView[0] ?? 0),
    extendedUsage: (extension(EXTENDED_KEY_USAGE)?.parsedValue as ExtKeyUsage | undefined)?.keyPurposes,
  };
}
