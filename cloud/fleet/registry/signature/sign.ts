import { createHash, createPrivateKey, sign } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import { ObjectIdentifier, OctetString, UTCTime } from 'asn1js';
import {
  AlgorithmIdentifier,
  Attribute,
  Certificate,
  ContentInfo,
  EncapsulatedContentInfo,
  IssuerAndSerialNumber,
  SignedAndUnsignedAttributes,
  SignedData,
  SignerInfo,
} from 'pkijs';
import { pemBytes } from './pem.ts';
import { TRAILER_BYTES } from './trailer.ts';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const SHA256 = '2.16.840.1.101.3.4.2.1';
const SIGNATURE_ALGORITHMS: Readonly<Record<string, string>> = {
  rsa: '1.2.840.113549.1.1.1',
  ec: '1.2.840.10045.4.3.2',
};

/** A certificate and its private key, both PEM. */
export interface BundleSigner {
  readonly certPem: string;
  readonly keyPem: string;
}

/**
 * A RAUC bundle of the format `plain`: `payload` (a squashfs, for a device to install it), a detached CMS signature over
 * it, and the signature's length. It is what `rauc bundle` writes, so that simulations need no RAUC; real images are
 * signed by RAUC itself.
 *
 * @param signedAt what the signature says of its time; nothing, if absent. From 1950 to 2049
 */
export function signBundle(
  payload: Uint8Array,
  { certPem, keyPem }: BundleSigner,
  { signedAt }: { readonly signedAt?: Timestamp | undefined } = {},
): Uint8Array {
  const signature = signatureOver(createHash('sha256').update(payload).digest(), certPem, keyPem, signedAt);
  const trailer = Buffer.alloc(TRAILER_BYTES);
  trailer.writeBigUInt64BE(BigInt(signature.length));
  return Buffer.concat([payload, signature, trailer]);
}

function signatureOver(digest: Buffer, certPem: string, keyPem: string, signedAt: Timestamp | undefined): Buffer {
  const key = createPrivateKey(keyPem);
  const certificate = Certificate.fromBER(pemBytes(certPem));
  const sha256 = new AlgorithmIdentifier({ algorithmId: SHA256 });
  const attributes = [
    new Attribute({ type: '1.2.840.113549.1.9.3', values: [new ObjectIdentifier({ value: DATA })] }),
    ...(signedAt === undefined
      ? []
      : [new Attribute({ type: '1.2.840.113549.1.9.5', values: [new UTCTime({ valueDate: new Date(signedAt) })] })]),
    new Attribute({
      type: '1.2.840.113549.1.9.4',
      values: [new OctetString({ valueHex: Uint8Array.from(digest) })],
    }),
  ];
  const signed = setOf(attributes.map((each) => Buffer.from(each.toSchema().toBER())));
  const info = new SignerInfo({
    version: 1,
    sid: new IssuerAndSerialNumber({ issuer: certificate.issuer, serialNumber: certificate.serialNumber }),
    digestAlgorithm: sha256,
    signedAttrs: new SignedAndUnsignedAttributes({ type: 0, attributes: inOrder(attributes) }),
    signatureAlgorithm: new AlgorithmIdentifier({ algorithmId: SIGNATURE_ALGORITHMS[key.asymmetricKeyType ?? '']! }),
    signature: new OctetString({ valueHex: Uint8Array.from(sign('sha256', signed, key)) }),
  });
  const data = new SignedData({
    version: 1,
    digestAlgorithms: [sha256],
    encapContentInfo: new EncapsulatedContentInfo({ eContentType: DATA }),
    certificates: [certificate],
    signerInfos: [info],
  });
  const content = new ContentInfo({ contentType: SIGNED_DATA, content: data.toSchema(true) });
  return Buffer.from(content.toSchema().toBER());
}

/** DER puts the members of a SET OF in the order of their bytes (X.690, 11.6). */
function inOrder(attributes: readonly Attribute[]): Attribute[] {
  return [...attributes].sort((one, other) =>
    Buffer.compare(Buffer.from(one.toSchema().toBER()), Buffer.from(other.toSchema().toBER())),
  );
}

function setOf(members: readonly Buffer[]): Buffer {
  const content = Buffer.concat([...members].sort(Buffer.compare));
  const length = content.length < 128 ? [content.length] : [0x81, content.length];
  return Buffer.concat([Buffer.from([0x31, ...length]), content]);
}
