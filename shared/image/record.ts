import Type, { type Static } from 'typebox';

/** What an image is of: the agent with its Node, a few megabytes, or the whole system of a device. */
export const IMAGE_KINDS = ['agent', 'system'] as const;
export type ImageKind = (typeof IMAGE_KINDS)[number];

/** What a version may look like: what Debian and semantic versions have in common. */
export const VERSION_PATTERN = '^[0-9][A-Za-z0-9.+~-]{0,63}$';

const Kind = Type.Union([Type.Literal('agent'), Type.Literal('system')]);
const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Time = Type.String({ format: 'date-time' });

const Vulnerability = Type.Object(
  {
    id: Type.String({ minLength: 1, description: 'CVE or GHSA.' }),
    package: Type.String({ minLength: 1 }),
    version: Type.String(),
    cvss: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      minimum: 0,
      maximum: 10,
      description: 'Base score; null where the source gives none.',
    }),
  },
  { additionalProperties: false },
);

/** What a scan of the package list found, or why there was none. An image that was not scanned is never clean. */
const Scan = Type.Union([
  Type.Object(
    {
      status: Type.Literal('scanned'),
      scanner: Type.String({
        minLength: 1,
        description: 'Program or file that the advisories are of, with its version.',
      }),
      advisoriesOf: Time,
      found: Type.Array(Vulnerability),
      gate: Type.Object(
        {
          mostCvss: Type.Number({ minimum: 0, maximum: 10, description: 'Greatest score that passes.' }),
          passed: Type.Boolean(),
        },
        { additionalProperties: false },
      ),
    },
    { additionalProperties: false },
  ),
  Type.Object(
    { status: Type.Literal('not scanned'), reason: Type.String({ minLength: 1 }) },
    { additionalProperties: false },
  ),
]);

/** What a build tells of an image. It is a file beside the bundle, and the registry keeps it as it is. */
export const imageRecordSchema = Type.Object(
  {
    v: Type.Literal(1),
    kind: Kind,
    version: Type.String({ pattern: VERSION_PATTERN }),
    commit: Type.String({ pattern: '^[0-9a-f]{40}$', description: 'What it was built from.' }),
    builtAt: Type.String({ format: 'date-time', description: 'SOURCE_DATE_EPOCH of the build.' }),
    parent: Type.Unsafe<{ kind: ImageKind; version: string } | null>({
      anyOf: [
        Type.Object(
          { kind: Kind, version: Type.String({ pattern: VERSION_PATTERN }) },
          { additionalProperties: false },
        ),
        Type.Null(),
      ],
      description: 'The image that it was built on; null where it stands on none.',
    }),
    boards: Type.Array(Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' }), {
      minItems: 1,
      description: "Boards that it runs on, by RAUC's `compatible`.",
    }),
    bundle: Type.Object(
      {
        filename: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._+~-]{0,127}$' }),
        bytes: Type.Integer({ minimum: 1 }),
        sha256: Sha256,
        sha1: Type.String({ pattern: '^[0-9a-f]{40}$', description: 'Asked for by the DDI protocol.' }),
        md5: Type.String({ pattern: '^[0-9a-f]{32}$', description: 'Told by the DDI protocol.' }),
        signer: Type.String({ minLength: 1, description: 'Subject of the certificate that it is signed with.' }),
        signerSha256: Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Fingerprint of that certificate.' }),
      },
      { additionalProperties: false },
    ),
    packages: Type.Integer({ minimum: 0, description: 'Packages in the SPDX list.' }),
    sbomSha256: Sha256,
    scan: Scan,
    approvedBy: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Who let it out of the build.' }),
  },
  { additionalProperties: false },
);

export type ImageRecord = Static<typeof imageRecordSchema>;

/** An image by kind and version, as people write it: `agent/1.5.0`. */
export interface ImageName {
  readonly kind: ImageKind;
  readonly version: string;
}

/** `agent/1.5.0`; undefined where `text` is no such name. */
export function parseImageName(text: string): ImageName | undefined {
  const slash = text.indexOf('/');
  const kind = IMAGE_KINDS.find((each) => each === text.slice(0, slash));
  const version = text.slice(slash + 1);
  return kind && new RegExp(VERSION_PATTERN).test(version) ? { kind, version } : undefined;
}

export function formatImageName({ kind, version }: ImageName): string {
  return `${kind}/${version}`;
}
