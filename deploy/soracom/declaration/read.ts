import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { parseJsonText } from '@tashika/shared/config';
import { messageOf, TashikaError } from '@tashika/shared/errors';
import { nameOf, problemsIn } from './check.ts';
import { clearSecretsIn } from './clear-secret.ts';
import type { Declaration, DeclaredSim } from './declaration.ts';
import { declarationProblems } from './rules.ts';
import { type DeclarationFile, fileSchema, simSchema, type WantedAccount, type WantedSim } from './schema.ts';
import { simsOfCsv, simsOfJsonLines } from './sim-list.ts';

/** A list of a hundred thousand SIMs has some 10 MB. */
const MOST_BYTES = 64 * 1024 * 1024;
const STANDARD_MARK = 'tashika';

/**
 * Reads all declarative files (`*.json`) of a folder and the folders in it, and the lists of SIMs that they name.
 *
 * @throws TashikaError `CONFIG_UNREADABLE` for a folder or file that can't be read; `CONFIG_INVALID` with every problem
 * found, each with its file and place
 */
export function readDeclaration(directory: string): Declaration {
  const files = filesIn(directory);
  if (files.length === 0)
    throw new TashikaError('CONFIG_UNREADABLE', `${directory} holds no declarative file (*.json).`);
  const gathering = new Gathering(directory);
  for (const file of files) gathering.add(file);
  const declaration = gathering.declaration();
  const problems = gathering.problems.length > 0 ? gathering.problems : declarationProblems(declaration!);
  if (problems.length > 0) throw new TashikaError('CONFIG_INVALID', problems.join('\n'));
  return declaration!;
}

/** Puts the files together; each thing may stand in one place only. */
class Gathering {
  readonly problems: string[] = [];
  readonly #directory: string;
  readonly #places = new Map<string, string>();
  #account: WantedAccount | undefined;
  readonly #credentials: [string, NonNullable<DeclarationFile['credentials']>[string]][] = [];
  readonly #groups: [string, NonNullable<DeclarationFile['groups']>[string]][] = [];
  readonly #sims: DeclaredSim[] = [];

  constructor(directory: string) {
    this.#directory = directory;
  }

  add(path: string): void {
    const file = relative(this.#directory, path);
    const document = parsed(read(path), file, this.problems);
    if (document === undefined) return;
    const secrets = clearSecretsIn(document);
    const problems = problemsIn(fileSchema, document, (at) => mayBeSecret(at, secrets));
    for (const { path: at, kind } of secrets)
      this.problems.push(
        `${file}: ${nameOf(at)} holds ${kind}: no secret stands in a file. Change the secret, and refer to it.`,
      );
    this.problems.push(...problems.map((problem) => `${file}: ${problem}`));
    if (secrets.length > 0 || problems.length > 0) return;
    const { account, credentials, groups, sims, simLists } = document as DeclarationFile;
    if (account && this.#isFirst('account', file)) this.#account = account;
    for (const entry of Object.entries(credentials ?? {}))
      if (this.#isFirst(nameOf(['credentials', entry[0]]), file)) this.#credentials.push(entry);
    for (const entry of Object.entries(groups ?? {}))
      if (this.#isFirst(nameOf(['groups', entry[0]]), file)) this.#groups.push(entry);
    for (const [index, sim] of (sims ?? []).entries()) this.#sims.push({ ...sim, origin: `${file}: sims[${index}]` });
    for (const list of simLists ?? []) this.#addList(join(dirname(path), list));
  }

  declaration(): Declaration | undefined {
    if (!this.#account) {
      if (this.problems.length === 0)
        this.problems.push(
          'No file has account: it must name operatorId and coverage, so that nothing is sent to another account.',
        );
      return undefined;
    }
    const { operatorId, coverage, mark = STANDARD_MARK, requireApproval = false } = this.#account;
    return {
      ...{ operatorId, coverage, mark, requireApproval },
      credentials: Object.fromEntries(this.#credentials),
      groups: Object.fromEntries(this.#groups),
      sims: this.#sims,
    };
  }

  #addList(path: string): void {
    const file = relative(this.#directory, path);
    if (!this.#isFirst(`the list ${file}`, file)) return;
    const { sims, problems } = path.endsWith('.csv') ? simsOfCsv(read(path)) : simsOfJsonLines(read(path));
    this.problems.push(...problems.map((problem) => `${file} ${problem}`));
    for (const { line, sim } of sims) {
      const secrets = clearSecretsIn(sim);
      const wrong = problemsIn(simSchema, sim, (at) => mayBeSecret(at, secrets));
      this.problems.push(
        ...secrets.map(
          ({ path: at, kind }) => `${file} line ${line}: ${nameOf(at)} holds ${kind}: no secret stands in a file.`,
        ),
        ...wrong.map((problem) => `${file} line ${line}: ${problem}`),
      );
      if (secrets.length === 0 && wrong.length === 0)
        this.#sims.push({ ...(sim as WantedSim), origin: `${file} line ${line}` });
    }
  }

  #isFirst(place: string, file: string): boolean {
    const before = this.#places.get(place);
    if (before === undefined) this.#places.set(place, file);
    else this.problems.push(`${file}: ${place} stands already in ${before}.`);
    return before === undefined;
  }
}

/** What is in a credential's fields, or was taken for a secret, is never shown. */
function mayBeSecret(path: readonly string[], secrets: ReturnType<typeof clearSecretsIn>): boolean {
  if (path[0] === 'credentials' && path[2] === 'fields') return true;
  if (path.includes('preSharedKey') || path.includes('psk')) return true;
  return secrets.some((secret) => secret.path.join('\0') === path.join('\0'));
}

function filesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => (entry.isFile() || entry.isSymbolicLink()) && entry.name.endsWith('.json'))
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => !relative(directory, path).split(sep).some(isHidden))
      .sort();
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `The folder ${directory} can't be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** Editors and mounted volumes keep what is not meant in names that begin with a dot. */
function isHidden(name: string): boolean {
  return name.startsWith('.');
}

function read(path: string): string {
  try {
    if (statSync(path).size > MOST_BYTES) throw new Error(`it has more than ${MOST_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TashikaError('CONFIG_UNREADABLE', `${path} can't be read: ${messageOf(error)}`, { cause: error });
  }
}

function parsed(text: string, file: string, problems: string[]): unknown {
  try {
    return parseJsonText(text);
  } catch (error) {
    problems.push(`${file} is not JSON (${messageOf(error)}).`);
    return undefined;
  }
}
