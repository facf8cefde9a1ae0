import { TashikaError } from '@tashika/shared/errors';

/** What `udata` archives begin with, behind the length of their header (ICU, `udata.h` and `ucmndata.h`). */
const MAGIC = Buffer.from([0xda, 0x27]);
/** `dataFormat` of an archive with a table of contents, at its place behind the length of the header. */
const ARCHIVE = 'CmnD';
const FORMAT_OFFSET = 12;
const ENTRY_BYTES = 8;
/** No archive has as many items; a number above it is no archive's. */
const MOST_ITEMS = 20_000;
/**
 * A language's resources in one of ICU's trees: `de.res`, `coll/zh.res`, `lang/pt_BR.res`. What is no language's has a
 * longer name, but for each tree's list of them.
 */
const OF_LANGUAGE = /^(?:[a-z]+\/)?(?!res_index\.)([a-z]{2,3})(?:_\w+)?\.res$/;

interface Item {
  /** Without the archive's own name. */
  readonly name: string;
  readonly nameOffset: number;
  readonly dataOffset: number;
}

/**
 * Takes the texts of all languages but some out of a program that ICU's data is linked into, in place and without moving
 * anything: their items leave the table of contents, as in an ICU that was built without them, and their bytes are
 * zeros, which pack to nothing. ICU then falls back to its root, as for any language that it does not know. Time zones,
 * character sets, normalization and the root's collation belong to no language.
 *
 * @param program changed in place
 * @param kept languages by ISO 639, such as `ja`
 * @returns how many bytes are zeros now
 * @throws TashikaError `IMAGE_BUILD_FAILED` where the program has no such archive, or an unexpected one; then nothing was changed
 */
export function keepLanguages(program: Buffer, kept: readonly string[]): number {
  const table = tableIn(program);
  const items = itemsOf(program, table);
  const languages = new Set(items.map(({ name }) => OF_LANGUAGE.exec(name)?.[1]));
  const absent = kept.filter((language) => !languages.has(language));
  if (absent.length > 0) throw unexpected(`it has no texts of ${absent.join(', ')} where they are looked for`);
  // The last one's end is not told, so it stays where it is.
  const ends = items.slice(1).map(({ dataOffset }) => dataOffset);
  const stays = items.map(({ name }, index) => {
    const language = OF_LANGUAGE.exec(name)?.[1];
    return language === undefined || kept.includes(language) || index === ends.length;
  });
  let zeros = 0;
  for (const [index, { dataOffset }] of items.entries()) {
    if (stays[index]) continue;
    program.fill(0, table + dataOffset, table + ends[index]!);
    zeros += ends[index]! - dataOffset;
  }
  const entries = table + 4;
  const left = items.filter((_, index) => stays[index]);
  program.writeUInt32LE(left.length, table);
  program.fill(0, entries, entries + items.length * ENTRY_BYTES);
  for (const [index, { nameOffset, dataOffset }] of left.entries()) {
    program.writeUInt32LE(nameOffset, entries + index * ENTRY_BYTES);
    program.writeUInt32LE(dataOffset, entries + index * ENTRY_BYTES + 4);
  }
  return zeros;
}

/** Where the archive's table of contents begins. */
function tableIn(program: Buffer): number {
  for (let at = program.indexOf(MAGIC); at >= 0; at = program.indexOf(MAGIC, at + 1)) {
    const start = at - 2;
    if (start < 0 || program.toString('latin1', start + FORMAT_OFFSET, start + FORMAT_OFFSET + 4) !== ARCHIVE) continue;
    return start + program.readUInt16LE(start);
  }
  throw new TashikaError(
    'IMAGE_BUILD_FAILED',
    'The Node to carry holds no data of ICU: it was built otherwise than the one that was asked for.',
  );
}

function itemsOf(program: Buffer, table: number): Item[] {
  const count = program.readUInt32LE(table);
  if (count === 0 || count > MOST_ITEMS) throw unexpected(`it tells of ${count} items`);
  const items = Array.from({ length: count }, (_, index): Item => {
    const entry = table + 4 + index * ENTRY_BYTES;
    const nameOffset = program.readUInt32LE(entry);
    const end = program.indexOf(0, table + nameOffset);
    const name = program.toString('latin1', table + nameOffset, end);
    return { name: name.slice(name.indexOf('/') + 1), nameOffset, dataOffset: program.readUInt32LE(entry + 4) };
  });
  const wrong = items.findIndex(({ dataOffset }, index) => index > 0 && dataOffset <= items[index - 1]!.dataOffset);
  if (wrong > 0) throw unexpected(`its item ${items[wrong]!.name} does not lie behind the one before`);
  return items;
}

function unexpected(what: string): TashikaError {
  return new TashikaError('IMAGE_BUILD_FAILED', `ICU's data in the Node to carry is not as it was: ${what}.`);
}
