import { createHash } from 'node:crypto';
import { messageOf } from '@tashika/shared/errors';
import { type ImageRecord, imageRecordSchema } from '@tashika/shared/image';
import Type from 'typebox';
import { Value } from 'typebox/value';
import type { VerifiedBundle } from './signature/index.ts';

/** What speaks against an image that is to be imported: which part of what was sent, and what is wrong with it. */
export interface Fault {
  readonly part: 'record' | 'sbom';
  readonly sentence: string;
}

/** Of a package list, as much as makes it one (SPDX 2.3, 6.1 and clause 7). */
const sbomSchema = Type.Object({
  spdxVersion: Type.String({ pattern: '^SPDX-' }),
  packages: Type.Array(Type.Object({})),
});

/** PostgreSQL stores neither U+0000 nor half a surrogate pair. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: U+0000 is what PostgreSQL refuses
const UNSTORABLE = /\u0000|\p{Surrogate}/u;

/** The record in what was sent, where it is one of this version and goes with the package list beside it. */
export function readCandidate(content: unknown, sbom: string): ImageRecord | Fault {
  if (!Value.Check(imageRecordSchema, content)) {
    const [first] = Value.Errors(imageRecordSchema, content);
    const place = first?.instancePath.replaceAll('/', '.') ?? '';
    return { part: 'record', sentence: `record${place} ${first?.message ?? 'is no record of an image'}.` };
  }
  const record = content as ImageRecord;
  if (UNSTORABLE.test(textsOf(record).join(''))) return faultOf('has U+0000 or half a surrogate pair in a text.');
  const { parent, kind, version } = record;
  if (parent?.kind === kind && parent.version === version) return faultOf('.parent is the image itself.');
  const found = createHash('sha256').update(sbom).digest('hex');
  if (found !== record.sbomSha256)
    return { part: 'sbom', sentence: `sbom has the SHA-256 ${found}; record.sbomSha256 is ${record.sbomSha256}.` };
  return faultOfSbom(sbom) ?? record;
}

/** What a record says of its bundle and is not so; undefined where all of it is. */
export function faultOfBundle({ bundle, boards }: ImageRecord, found: VerifiedBundle): Fault | undefined {
  for (const field of ['bytes', 'sha256', 'sha1', 'md5', 'signerSha256'] as const)
    if (bundle[field] !== found[field])
      return faultOf(`.bundle.${field} is ${bundle[field]}; the bundle has ${found[field]}.`);
  if (partsOf(bundle.signer) !== partsOf(found.signer))
    return faultOf(`.bundle.signer is ${bundle.signer}; the bundle is signed by ${found.signer}.`);
  if (found.compatible !== undefined && !boards.includes(found.compatible))
    return faultOf(`.boards has ${boards.join(', ')}; the bundle is for ${found.compatible}.`);
  return undefined;
}

/** The fields of two records that are not the same, as a path each. */
export function differences(one: unknown, other: unknown, path = ''): readonly string[] {
  if (Object.is(one, other)) return [];
  if (!isObject(one) || !isObject(other)) return [path.slice(1)];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].flatMap((key) => differences(one[key], other[key], `${path}.${key}`));
}

function faultOfSbom(sbom: string): Fault | undefined {
  try {
    if (Value.Check(sbomSchema, JSON.parse(sbom))) return undefined;
    return { part: 'sbom', sentence: 'sbom is no SPDX document in JSON: it needs spdxVersion and packages.' };
  } catch (error) {
    return { part: 'sbom', sentence: `sbom is not JSON (${messageOf(error)}).` };
  }
}

function faultOf(what: string): Fault {
  return { part: 'record', sentence: what.startsWith('.') ? `record${what}` : `record ${what}` };
}

/** Programs differ in spaces and in the order in which they write the parts of a subject. */
function partsOf(subject: string): string {
  const parts = subject.split(/[,\n]/).map((part) => part.trim().replace(/\s*=\s*/, '='));
  return parts.sort().join(',');
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return isObject(value) ? Object.values(value).flatMap(textsOf) : [];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
