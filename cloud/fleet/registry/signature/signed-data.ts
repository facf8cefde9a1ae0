import { createHash, createPublicKey, verify, X509Certificate } from 'node:crypto';
import { messageOf } from '@tashika/shared/errors';
import type { Timestamp } from '@tashika/shared/time';
import type { BaseBlock, OctetString } from 'asn1js';
import { Certificate, ContentInfo, IssuerAndSerialNumber, SignedData, type SignerInfo } from 'pkijs';
import { refused } from './refusal.ts';

const DATA = '1.2.840.113549.1.7.1';
const SIGNED_DATA = '1.2.840.113549.1.7.2';
const ENVELOPED_DATA = '1.2.840.113549.1.7.3';
const CONTENT_TYPE = '1.2.840.113549.1.9.3';
const MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const SIGNING_TIME = '1.2.840.113549.1.9.5';

/** SHA-1 and older are no proof any more. */
const DIGESTS: Readonly<Record<string, 'sha256' | 'sha384' | 'sha512'>> = {
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

/** What OpenSSL writes for keys of RSA and of elliptic curves, by the digest that it must go with; `any` goes with all. */
const SCHEMES: Readonly<Record<string, { readonly key: 'rsa' | 'ec'; readonly digest: string }>> = {
  '1.2.840.113549.1.1.1': { key: 'rsa', digest: 'any' },
  '1.2.840.113549.1.1.11': { key: 'rsa', digest: 'sha256' },
  '1.2.840.113549.1.1.12': { key: 'rsa', digest: 'sha384' },
  '1.2.840.113549.1.1.13': { key: 'rsa', digest: 'sha512' },
  '1.2.840.10045.4.3.2': { key: 'ec', digest: 'sha256' },
  '1.2.840.10045.4.3.3': { key: 'ec', digest: 'sha384' },
  '1.2.840.10045.4.3.4': { key: 'ec', digest: 'sha512' },
};

/** A signature whose own signature is right: what remains is whether its signer is trusted, and the payload is what it speaks of. */
export interface BundleSignature {
  readonly signer: X509Certificate;
  /** Certificates that came along. They say nothing until a chain to a trusted one goes over them. */
  readonly others: readonly X509Certificate[];
  readonly digest: 'sha256' | 'sha384' | 'sha512';
  /** What the content must hash to. */
  readonly messageDigest: Buffer;
  /** By the signer's clock; undefined where it does not say. */
  readonly signedAt: Timestamp | undefined;
  /** The content where it is in the signature itself: the manifest, in the formats verity and crypt. */
  readonly manifest: string | undefined;
}

/**
 * Reads a CMS SignedData (RFC 5652) with one signer and signed attributes, as RAUC writes it, and verifies the
 * attributes' signature by the signer's certificate in it, and the inline content by the attributes.
 *
 * @throws TashikaError BUNDLE_REFUSED
 */
export function readSignature(der: Uint8Array): BundleSignature {
  const data = parsed(der);
  const [info, ...more] = data.signerInfos;
  if (!info) throw refused('it is not signed: its signature names no signer');
  if (more.length > 0) throw refused('it has several signers; sign it with one');
  const certificates = (data.certificates ?? []).flatMap((each) => (each instanceof Certificate ? [x509(each)] : []));
  const signer = certificates.find((each) => isOf(info, each));
  if (!signer) throw refused("its signer's certificate is not in its signature");
  const digest = DIGESTS[info.digestAlgorithm.algorithmId];
  if (!digest) throw refused(`it is hashed by ${info.digestAlgorithm.algorithmId}; sign it with SHA-256`);
  // RFC 5652, 5.1: it may be looked for there alone, as OpenSSL does.
  if (!data.digestAlgorithms.some(({ algorithmId }) => algorithmId === info.digestAlgorithm.algorithmId))
    throw refused('its signature does not name the hash that its signer used');
  const attributes = signedAttributes(info);
  if (data.encapContentInfo.eContentType !== DATA || attributes.contentType !== DATA)
    throw refused('its signature is of something else than a bundle');
  verifyAttributes(info, signer, digest);
  const inline = data.encapContentInfo.eContent?.getValue();
  if (inline && !createHash(digest).update(Buffer.from(inline)).digest().equals(attributes.messageDigest))
    throw refused('its manifest is not the one that was signed');
  return {
    signer,
    others: certificates.filter((each) => each !== signer),
    digest,
    messageDigest: attributes.messageDigest,
    signedAt: attributes.signedAt,
    manifest: inline && Buffer.from(inline).toString(),
  };
}

function parsed(der: Uint8Array): SignedData {
  try {
    const info = ContentInfo.fromBER(Uint8Array.from(der));
    if (info.contentType === ENVELOPED_DATA) throw new Error('it is encrypted for devices, and can not be looked into');
    if (info.contentType !== SIGNED_DATA) throw new Error(`it is of type ${info.contentType}`);
    return new SignedData({ schema: info.content });
  } catch (error) {
    throw refused(`what stands in the place of its signature is none (${messageOf(error)})`, error);
  }
}

function x509(certificate: Certificate): X509Certificate {
  try {
    return new X509Certificate(Buffer.from(certificate.toSchema().toBER()));
  } catch (error) {
    throw refused(`a certificate in its signature can not be read (${messageOf(error)})`, error);
  }
}

function isOf({ sid }: SignerInfo, certificate: X509Certificate): boolean {
  const { issuer, serialNumber, extensions } = Certificate.fromBER(Uint8Array.from(certificate.raw));
  if (sid instanceof IssuerAndSerialNumber) return sid.issuer.isEqual(issuer) && sid.serialNumber.isEqual(serialNumber);
  const keyIdentifier = extensions?.find(({ extnID }) => extnID === '2.5.29.14')?.parsedValue as
    | OctetString
    | undefined;
  return keyIdentifier !== undefined && same(keyIdentifier, sid as BaseBlock);
}

function same(one: OctetString, other: BaseBlock): boolean {
  const bytes = (block: BaseBlock) =>
    Buffer.from((block.valueBlock as unknown as { valueHexView: Uint8Array }).valueHexView);
  return bytes(one).equals(bytes(other));
}

interface SignedAttributes {
  readonly contentType: string;
  readonly messageDigest: Buffer;
  readonly signedAt: Timestamp | undefined;
}

/** RFC 5652, 11: each of these stands there once, with one value. */
function signedAttributes({ signedAttrs }: SignerInfo): SignedAttributes {
  function theOne(type: string): BaseBlock | undefined {
    const found = signedAttrs?.attributes.filter((each) => each.type === type) ?? [];
    if (found.length > 1 || (found[0] && found[0].values.length !== 1))
      throw refused('an attribute of its signature is there twice');
    return found[0]?.values[0] as BaseBlock | undefined;
  }
  const contentType = theOne(CONTENT_TYPE)?.valueBlock.toString();
  const digest = theOne(MESSAGE_DIGEST) as OctetString | undefined;
  if (contentType === undefined || !digest) throw refused('its signature does not say what it is of');
  const time = theOne(SIGNING_TIME) as { toDate?: () => Date } | undefined;
  return { contentType, messageDigest: Buffer.from(digest.getValue()), signedAt: time?.toDate?.().getTime() };
}

/** RFC 5652, 5.4: what is signed are the attributes as a SET, whatever their tag in the message is. */
function verifyAttributes(
  { signedAttrs, signatureAlgorithm, signature }: SignerInfo,
  signer: X509Certificate,
  digest: string,
) {
  const scheme = SCHEMES[signatureAlgorithm.algorithmId];
  const key = createPublicKey(signer.publicKey.export({ type: 'spki', format: 'pem' }));
  if (!scheme || (scheme.digest !== 'any' && scheme.digest !== digest) || key.asymmetricKeyType !== scheme.key)
    throw refused(
      `it is signed by ${signatureAlgorithm.algorithmId} with ${digest}; sign it with an RSA or EC key and SHA-256`,
    );
  const bytes = Buffer.from(signedAttrs!.encodedValue);
  if (!verify(digest, bytes, key, Buffer.from(signature.getValue())))
    throw refused('its signature is not that of the certificate in it: bytes of it were changed');
}
