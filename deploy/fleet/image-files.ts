import { createHash } from 'node:crypto';
import { createReadStream, type Stats } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { formatImageName, type ImageRecord, imageRecordSchema } from '@tashika/shared/image';
import { Value } from 'typebox/value';

/** An image as its build left it: the record, the bundle's file, and the package list's text. */
export interface ImageFiles {
  readonly record: ImageRecord;
  readonly recordFile: string;
  readonly bundleFile: string;
  readonly sbom: string;
}

/**
 * The images whose records are in a folder or in a folder of it, as `dist/images` has one for each image, or the one of a
 * record; those that others are built on come first.
 *
 * @throws TashikaError `IMAGE_UNREADABLE` with the file that is wrong; bundles are not read yet (`checkBundle`)
 */
export async function readImages(path: string): Promise<readonly ImageFiles[]> {
  const found = await statOf(path);
  if (!found) throw unreadable(`There is neither a folder nor a record at ${path}.`);
  const records = found.isDirectory() ? await recordsBelow(path) : [await recordAt(path)];
  if (records.length === 0)
    throw unreadable(`${path} has no record of an image: a JSON file with "v": 1, "kind" and "bundle".`);
  return Promise.all(parentsFirst(records).map(withFiles));
}

/**
 * Reads the bundle whole.
 *
 * @param hear how many of its bytes have been read
 * @throws TashikaError `IMAGE_UNREADABLE` where its bytes are not those of the record
 */
export async function checkBundle({ record, bundleFile }: ImageFiles, hear: (bytes: number) => void): Promise<void> {
  const { bytes, sha256 } = record.bundle;
  const size = (await statOf(bundleFile))!.size;
  if (size !== bytes)
    throw unreadable(`${bundleFile} has ${size} bytes, its record says ${bytes}: it was copied in part, or replaced.`);
  const hash = createHash('sha256');
  let read = 0;
  for await (const chunk of createReadStream(bundleFile)) {
    hash.update(chunk as Buffer);
    read += (chunk as Buffer).length;
    hear(read);
  }
  const told = hash.digest('hex');
  if (told !== sha256) throw unreadable(`${bundleFile} has the SHA-256 ${told}, its record says ${sha256}.`);
}

interface FoundRecord {
  readonly record: ImageRecord;
  readonly file: string;
}

async function recordsBelow(directory: string): Promise<readonly FoundRecord[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
  return (await Promise.all([directory, ...folders.sort()].map(recordsIn))).flat();
}

async function recordsIn(directory: string): Promise<readonly FoundRecord[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.json')).sort();
  const records: FoundRecord[] = [];
  for (const name of names) {
    const file = join(directory, name);
    const content = await jsonAt(file).catch(() => undefined);
    if (looksLikeRecord(content)) records.push(await recordAt(file));
  }
  return records;
}

/** Beside records there are package lists, which are JSON too. */
function looksLikeRecord(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'bundle' in content && 'kind' in content;
}

async function recordAt(file: string): Promise<FoundRecord> {
  let content: unknown;
  try {
    content = await jsonAt(file);
  } catch (error) {
    throw unreadable(`The record ${file} is not JSON (${messageOf(error)}).`, error);
  }
  if (Value.Check(imageRecordSchema, content)) return { record: content as ImageRecord, file };
  const [first] = Value.Errors(imageRecordSchema, content);
  throw unreadable(
    `${file} is no record of an image of version 1: ${first?.instancePath.slice(1).replaceAll('/', '.') || 'it'} ${first?.message}.`,
  );
}

async function jsonAt(file: string): Promise<unknown> {
  return parseJsonText(await readFile(file, 'utf8'));
}

function parentsFirst(records: readonly FoundRecord[]): readonly FoundRecord[] {
  const left = new Map<string, FoundRecord>();
  for (const each of records) {
    const name = formatImageName(each.record);
    const other = left.get(name);
    if (other) throw unreadable(`${other.file} and ${each.file} both say that they are ${name}.`);
    left.set(name, each);
  }
  const sorted: FoundRecord[] = [];
  const take = (name: string) => {
    const each = left.get(name);
    if (!each) return;
    left.delete(name);
    if (each.record.parent) take(formatImageName(each.record.parent));
    sorted.push(each);
  };
  for (const name of [...left.keys()]) take(name);
  return sorted;
}

async function withFiles({ record, file }: FoundRecord): Promise<ImageFiles> {
  const directory = dirname(file);
  const bundleFile = join(directory, record.bundle.filename);
  if (!(await statOf(bundleFile))?.isFile())
    throw unreadable(`The bundle ${record.bundle.filename} is not beside its record ${file}.`);
  for (const name of (await readdir(directory)).filter((each) => each.endsWith('.json'))) {
    const text = await readFile(join(directory, name));
    if (createHash('sha256').update(text).digest('hex') === record.sbomSha256)
      return { record, recordFile: file, bundleFile, sbom: text.toString('utf8') };
  }
  throw unreadable(
    `Beside ${file} there is no package list whose SHA-256 is ${record.sbomSha256}: it was left out, or changed since.`,
  );
}

async function statOf(path: string): Promise<Stats | undefined> {
  return stat(path).catch(() => undefined);
}

function unreadable(message: string, cause?: unknown): TashikaError {
  return new TashikaError('IMAGE_UNREADABLE', message, { cause });
}
