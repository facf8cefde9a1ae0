import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An image for swupdate, and what its signature is checked with. */
export interface SoftwareImage {
  readonly swu: Buffer;
  readonly certificateFile: string;
}

/**
 * Makes an .swu that puts `content` at `target`: a cpio archive (format "crc") of `sw-description`, its CMS signature,
 * which Debian's build of swupdate asks for, and the file.
 *
 * @param directory is where it is made; nothing but that
 */
export function softwareImage(
  directory: string,
  { version, content, target }: { readonly version: string; readonly content: Buffer; readonly target: string },
): SoftwareImage {
  const run = (program: string, args: readonly string[], input?: string) =>
    execFileSync(program, args, { cwd: directory, input, stdio: ['pipe', 'pipe', 'ignore'], maxBuffer: 2 ** 26 });
  writeFileSync(join(directory, 'content'), content);
  const sha256 = createHash('sha256').update(content).digest('hex');
  writeFileSync(
    join(directory, 'sw-description'),
    `software = {
       version = "${version}";
       hardware-compatibility: [ "1.0" ];
       files: ( { filename = "content"; path = "${target}"; sha256 = "${sha256}"; } );
     }`,
  );
  run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '3650'],
    ...['-subj', '/CN=test', '-addext', 'extendedKeyUsage=emailProtection', '-addext', 'keyUsage=digitalSignature'],
    ...['-keyout', 'key.pem', '-out', 'certificate.pem'],
  ]);
  run('openssl', [
    ...['cms', '-sign', '-in', 'sw-description', '-out', 'sw-description.sig', '-signer', 'certificate.pem'],
    ...['-inkey', 'key.pem', '-outform', 'DER', '-nosmimecap', '-binary'],
  ]);
  const swu = run('cpio', ['-o', '-H', 'crc'], 'sw-description\nsw-description.sig\ncontent\n');
  return { swu, certificateFile: join(directory, 'certificate.pem') };
}
