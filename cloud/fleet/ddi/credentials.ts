import { createHash, timingSafeEqual } from 'node:crypto';
import type { Timestamp } from '@tashika/shared/time';
import { type BeamSettings, type Headers, verifyBeam } from '../../receipts/index.ts';

/** What a request comes with, as far as it can be judged without knowing the device. */
export interface Credentials {
  /** The token that any updater may come with was right. */
  readonly gateway: boolean;
  /** SHA-256 of the device's own token, hex, still to be held against the one that is known. */
  readonly tokenSha256: string | undefined;
  /** The SIM that Beam's signature proves. */
  readonly imsi: string | undefined;
}

export interface KnownBy {
  readonly gatewayToken: string | undefined;
  readonly beam: BeamSettings | undefined;
}

const AUTHORIZATION = /^(GatewayToken|TargetToken) +([\x21-\x7e]{1,256})$/i;

/**
 * Reads who a request says that it is from. A token that is wrong is refused whatever else is there; a signature is
 * needed, and so looked at closely, only where there is no token.
 *
 * Beam's signatures are not remembered here, as those of receipts are: that is a row a request, and ten thousand polls
 * a minute would be mostly that. What it would keep off is little. Beam adds the signature on the far side of the radio
 * link, so only who reads the TLS connection between Beam and the cloud could repeat one, and while it is good
 * (`beam.toleranceMs`) that one would hear what this device is told: asking changes nothing, and what an updater tells
 * counts once for a state. Two requests of one SIM in one millisecond have the same signature, too, and both are right.
 *
 * @returns the credentials, or a sentence that says what is wrong
 */
export function credentialsOf(headers: Headers, known: KnownBy, now: Timestamp): Credentials | string {
  const { authorization } = headers;
  const signed = known.beam && headers['x-soracom-signature'] !== undefined;
  const caller = signed ? verifyBeam(headers, known.beam!, now) : undefined;
  const imsi = typeof caller === 'object' ? caller.imsi : undefined;
  if (authorization === undefined) {
    if (imsi !== undefined) return { gateway: false, tokenSha256: undefined, imsi };
    return caller === undefined || typeof caller === 'object' ? HOW : caller;
  }
  const [, scheme, token] = AUTHORIZATION.exec(String(authorization)) ?? [];
  if (token === undefined) return `Authorization is no token of an updater. ${HOW}`;
  if (scheme!.toLowerCase() === 'targettoken') return { gateway: false, tokenSha256: sha256Of(token), imsi };
  if (known.gatewayToken === undefined) return 'No gateway token is set here (fleet.gatewayToken).';
  if (!sameHash(sha256Of(token), sha256Of(known.gatewayToken))) return 'The gateway token is not the right one.';
  return { gateway: true, tokenSha256: undefined, imsi };
}

const HOW =
  'Come with `Authorization: TargetToken …` or `GatewayToken …`, or through SORACOM Beam, which signs for the SIM.';

/** What is kept of a token, and compared: its SHA-256 in hex. A token is random, so it needs no salt. */
export function sha256Of(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

/** Compares two hashes in a time that says nothing of either. */
export function sameHash(one: string, other: string): boolean {
  return one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other));
}
