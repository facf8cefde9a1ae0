/** The bytes of the first block of a PEM text; none where there is no block. */
export function pemBytes(text: string): Uint8Array<ArrayBuffer> {
  const [, base64 = ''] = /-----BEGIN [A-Z0-9 ]+-----([^-]+)-----END/.exec(text) ?? [];
  return Uint8Array.from(Buffer.from(base64, 'base64'));
}

export function certificatePem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g)!;
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}
