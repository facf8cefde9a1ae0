import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import { BitString, Integer, ObjectIdentifier, OctetString, Sequence, Utf8String } from 'asn1js';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  Extension,
  PublicKeyInfo,
  Time,
} from 'pkijs';
import { certificatePem, pemBytes } from './pem.ts';
import type { BundleSigner } from './sign.ts';

/** Bits of the key usage extension, the first is the highest (RFC 5280, 4.2.1.3). */
const USAGE_BITS = { digitalSignature: 0x80, keyEncipherment: 0x20, keyCertSign: 0x04 } as const;

const ECDSA_SHA256 = '1.2.840.10045.4.3.2';
const COMMON_NAME = '2.5.4.3';

export interface CertificateWish {
  readonly name: string;
  /** Who signs it; itself, if absent. */
  readonly issuer?: BundleSigner | undefined;
  /** Whether it may sign other certificates. */
  readonly authority?: boolean | undefined;
  /** How many authorities may stand under it; any number, if absent. */
  readonly pathLength?: number | undefined;
  readonly usage?: keyof typeof USAGE_BITS | undefined;
  /** Object identifiers of the extended key usage; no such extension, if absent. */
  readonly extendedUsage?: readonly string[] | undefined;
  /** Default: 2020. */
  readonly from?: Timestamp | undefined;
  /** Default: the end of 2049, the last that every certificate can say in the same form. */
  readonly until?: Timestamp | undefined;
}

/** A certificate with a new P-256 key of its own, which nobody else has and nothing keeps. */
export function issueCertificate(wish: CertificateWish): BundleSigner {
  const { name, issuer, authority = false } = wish;
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuing = issuer && Certificate.fromBER(pemBytes(issuer.certPem));
  const certificate = new Certificate({ version: 2, serialNumber: serialNumber() });
  certificate.subject.typesAndValues.push(
    new AttributeTypeAndValue({ type: COMMON_NAME, value: new Utf8String({ value: name }) }),
  );
  certificate.issuer = issuing ? issuing.subject : certificate.subject;
  certificate.notBefore = new Time({ value: new Date(wish.from ?? Date.UTC(2020, 0, 1)) });
  certificate.notAfter = new Time({ value: new Date(wish.until ?? Date.UTC(2049, 11, 31)) });
  certificate.subjectPublicKeyInfo = PublicKeyInfo.fromBER(spkiOf(publicKey));
  certificate.extensions = extensions(wish, certificate, authority);
  const algorithm = new AlgorithmIdentifier({ algorithmId: ECDSA_SHA256 });
  certificate.signature = algorithm;
  certificate.signatureAlgorithm = algorithm;
  certificate.tbsView = new Uint8Array(certificate.encodeTBS().toBER());
  const signature = sign('sha256', certificate.tbsView, issuer ? createPrivateKey(issuer.keyPem) : privateKey);
  certificate.signatureValue = new BitString({ valueHex: Uint8Array.from(signature) });
  return {
    certPem: certificatePem(Buffer.from(certificate.toSchema(true).toBER())),
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

export interface ThrowawaySigner extends BundleSigner {
  /** What a keyring must hold for bundles of this signer: its authority's certificate. */
  readonly caPem: string;
}

/** An authority that nobody has but the caller, and a signer under it: for bundles that no real device is to install. */
export function makeThrowawaySigner(name = 'throw-away signer'): ThrowawaySigner {
  const authority = issueCertificate({ name: `${name}: authority`, authority: true });
  return { ...issueCertificate({ name, issuer: authority, usage: 'digitalSignature' }), caPem: authority.certPem };
}

function extensions(
  { usage, extendedUsage, pathLength }: CertificateWish,
  certificate: Certificate,
  authority: boolean,
) {
  const constraints = new BasicConstraints({
    cA: authority,
    ...(pathLength !== undefined && { pathLenConstraint: pathLength }),
  })
    .toSchema()
    .toBER();
  const bits = USAGE_BITS[usage ?? (authority ? 'keyCertSign' : 'digitalSignature')];
  const unused = Math.clz32(bits & -bits) === 32 ? 0 : 31 - Math.clz32(bits & -bits);
  const made = [
    new Extension({ extnID: '2.5.29.19', critical: true, extnValue: constraints }),
    new Extension({
      extnID: '2.5.29.15',
      critical: true,
      extnValue: new BitString({ valueHex: Uint8Array.of(bits), unusedBits: unused }).toBER(),
    }),
    new Extension({ extnID: '2.5.29.14', extnValue: keyIdentifier(certificate).toBER() }),
  ];
  if (extendedUsage) {
    const value = extendedUsage.map((each) => new ObjectIdentifier({ value: each }));
    made.push(new Extension({ extnID: '2.5.29.37', extnValue: new Sequence({ value }).toBER() }));
  }
  return made;
}

/** RFC 5280, 4.2.1.2: any value that is the key's own. */
function keyIdentifier({ subjectPublicKeyInfo }: Certificate): OctetString {
  const digest = createHash('sha256').update(Buffer.from(subjectPublicKeyInfo.toSchema().toBER())).digest();
  return new OctetString({ valueHex: Uint8Array.from(digest.subarray(0, 20)) });
}

/** Positive, as RFC 5280, 4.1.2.2, asks for. */
function serialNumber(): Integer {
  const bytes = Uint8Array.from(randomBytes(16));
  bytes[0] = (bytes[0]! & 0x7f) | 0x40;
  return new Integer({ valueHex: bytes });
}

function spkiOf(key: KeyObject): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(key.export({ type: 'spki', format: 'der' }) as Buffer);
}
