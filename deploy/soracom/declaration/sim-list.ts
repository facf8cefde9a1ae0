import type { WantedSim } from './schema.ts';

/** A line of a list, not yet checked, and where it stands. */
export interface ListedSim {
  readonly line: number;
  readonly sim: Record<string, unknown>;
}

export interface SimList {
  readonly sims: readonly ListedSim[];
  /** Sentences that begin with the line. */
  readonly problems: readonly string[];
}

const COLUMNS = ['imsi', 'simId', 'group'];
const TAG_COLUMN = /^tags\.(.+)$/;

/** One SIM a line as JSON, in the form of an entry of `sims`. Empty lines are passed over. */
export function simsOfJsonLines(text: string): SimList {
  const sims: ListedSim[] = [];
  const problems: string[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const sim = objectIn(line);
    if (sim) sims.push({ line: index + 1, sim });
    else problems.push(`line ${index + 1} must be a JSON object.`);
  }
  return { sims, problems };
}

/**
 * A table with a header (RFC 4180): columns `imsi` or `simId`, `group`, and `tags.NAME` for tags. An empty cell says
 * nothing: what stands in the account is left alone.
 */
export function simsOfCsv(text: string): SimList {
  const { rows, problem } = rowsOfCsv(text);
  if (problem !== undefined) return { sims: [], problems: [problem] };
  const [header, ...lines] = rows;
  if (!header) return { sims: [], problems: ['line 1 must name the columns.'] };
  const names = header.cells.map((cell) => cell.trim());
  const unknown = names.filter((name) => !COLUMNS.includes(name) && !TAG_COLUMN.test(name));
  const doubled = names.filter((name, index) => names.indexOf(name) !== index);
  if (unknown.length > 0 || doubled.length > 0)
    return {
      sims: [],
      problems: [
        ...unknown.map(
          (name) => `line 1: ${JSON.stringify(name)} is no column; there is imsi, simId, group, tags.NAME.`,
        ),
        ...doubled.map((name) => `line 1: the column ${name} stands there twice.`),
      ],
    };
  const problems = lines
    .filter(({ cells }) => cells.length !== names.length)
    .map(({ line, cells }) => `line ${line} has ${cells.length} cells, the header has ${names.length}.`);
  const sims = lines
    .filter(({ cells }) => cells.length === names.length)
    .map(({ line, cells }) => ({ line, sim: simOfCells(names, cells) }));
  return { sims, problems };
}

function simOfCells(names: readonly string[], cells: readonly string[]): WantedSim {
  const said = names.map((name, index) => [name, cells[index]!.trim()] as const).filter(([, cell]) => cell !== '');
  const tags = said.flatMap(([name, cell]) => {
    const tag = TAG_COLUMN.exec(name)?.[1];
    return tag === undefined ? [] : [[tag, cell] as const];
  });
  return {
    ...Object.fromEntries(said.filter(([name]) => COLUMNS.includes(name))),
    ...(tags.length > 0 ? { tags: Object.fromEntries(tags) } : {}),
  };
}

interface Row {
  readonly line: number;
  readonly cells: readonly string[];
}

/** Quoted cells may hold commas, doubled quotes and line ends. */
function rowsOfCsv(text: string): { readonly rows: readonly Row[]; readonly problem?: string } {
  const rows: Row[] = [];
  let cells: string[] = [];
  let line = 1;
  let begin = 1;
  const cell = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;
  const whole = text.replace(/^\uFEFF/, '');
  while (cell.lastIndex < whole.length) {
    const match = cell.exec(whole);
    if (!match) return { rows, problem: `line ${line}: a quote is not closed, or stands within a cell.` };
    const [taken, quoted, bare, end] = match;
    cells.push(quoted?.replaceAll('""', '"') ?? bare ?? '');
    line += taken.split('\n').length - 1;
    if (end === ',' && cell.lastIndex < whole.length) continue;
    if (end === ',') cells.push('');
    if (cells.length > 1 || cells[0] !== '') rows.push({ line: begin, cells });
    cells = [];
    begin = line;
  }
  return { rows };
}

function objectIn(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
