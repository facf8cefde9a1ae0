import { parseArgs } from 'node:util';
import { TashikaError, usageError } from '@tashika/shared/errors';
import { IMAGE_KINDS, type ImageKind, type ImageName, parseImageName, VERSION_PATTERN } from '@tashika/shared/image';
import { BOARDS, type Board, boardOf } from './definition.ts';

export const HELP = `npm run image -- agent|system [OPTIONS]: a signed image for the fleet

  agent                    the agent and its Node, for the agent's slots
  system                   the whole system of a device, for the system's slots, and a disk to begin with

Who signs it:
  --cert FILE              certificate, PEM; devices trust it or who signed it (their /etc/rauc/keyring.pem)
  --key FILE|URI           its key: PEM, or a PKCS#11 URI
  --demo-signer            a signer made here that nobody may trust, to have a look

What it is:
  --board NAME             ${BOARDS.map(({ name }) => name).join(', ')}; the first if left out
  --version VERSION        the agent's version if left out; sources that are not committed add +uncommitted
  --parent KIND/VERSION    the image that it is built on
  --approved-by NAME       who lets it out; nobody if left out
  --format plain|verity    of the bundle; plain if left out

What is known against it:
  --advisories FILE        advisories in OSV's format, an array or one a line; without it the record says "not scanned"
  --advisories-from NAME   who they are from; the file's name if left out
  --most-cvss SCORE        greatest CVSS score that passes; 8.9 if left out; exit code 3 when one is greater

The system only:
  --mirror URL             Debian's mirror; with snapshot.debian.org the same packages for ever
  --keyring FILE           what devices trust, into the image; the signer's certificate if left out
  --settings FILE          the agent's settings for all devices (config.json), where the SIM's group has none
  --apt-keyring FILE       key of Raspberry Pi's archive, for its board
  --overlay FILE           only what is added to Debian, as a tarball: for rpi-image-gen
  --root FILE              the root as a tarball: taken where it is there, else made and left there

  --out DIRECTORY          dist/images if left out; the image gets a folder in it
  --quick                  larger, made in less time
  --json                   the record on stdout, and nothing else
  --help                   this text

All in it bears the time of SOURCE_DATE_EPOCH, or of the newest commit. The same commit makes the same bytes, but for the
signature.
`;

export interface CommandLine {
  readonly kind: ImageKind;
  readonly board: Board;
  readonly version: string | undefined;
  readonly signer: { readonly cert: string; readonly key: string } | 'demo';
  readonly parent: ImageName | undefined;
  readonly approvedBy: string | undefined;
  readonly format: 'plain' | 'verity';
  readonly advisories: string | undefined;
  readonly advisoriesFrom: string | undefined;
  readonly mostCvss: number;
  readonly mirror: string | undefined;
  readonly keyring: string | undefined;
  readonly settings: string | undefined;
  readonly aptKeyring: string | undefined;
  readonly rootTarball: string | undefined;
  readonly overlay: string | undefined;
  readonly out: string | undefined;
  readonly quick: boolean;
  readonly json: boolean;
}

/** @returns undefined where only the help is wanted @throws TashikaError `USAGE` */
export function parseCommandLine(args: readonly string[]): CommandLine | undefined {
  const { values, positionals } = parsed(args);
  if (values.help) return undefined;
  const [kind, ...more] = positionals;
  if (!IMAGE_KINDS.includes(kind as ImageKind) || more.length > 0)
    throw usage(`It takes agent or system, found ${positionals.join(' ') || 'neither'}`);
  const board = boardOf(values.board ?? BOARDS[0]!.name);
  if (!board) throw usage(`--board takes ${BOARDS.map(({ name }) => name).join(', ')}, found ${values.board}`);
  const parent = values.parent === undefined ? undefined : parseImageName(values.parent);
  if (values.parent !== undefined && !parent)
    throw usage(`--parent takes a name such as system/1.0.0, found ${values.parent}`);
  if (values.version !== undefined && !new RegExp(VERSION_PATTERN).test(values.version))
    throw usage(`--version takes a version that begins with a digit, found ${values.version}`);
  const format = values.format ?? 'plain';
  if (format !== 'plain' && format !== 'verity') throw usage(`--format takes plain or verity, found ${format}`);
  return {
    kind: kind as ImageKind,
    board,
    version: values.version,
    signer: signerIn(values),
    parent,
    approvedBy: values['approved-by'],
    format,
    advisories: values.advisories,
    advisoriesFrom: values['advisories-from'],
    mostCvss: scoreIn(values['most-cvss']),
    mirror: values.mirror,
    keyring: values.keyring,
    settings: values.settings,
    aptKeyring: values['apt-keyring'],
    rootTarball: values.root,
    overlay: values.overlay,
    out: values.out,
    quick: values.quick ?? false,
    json: values.json ?? false,
  };
}

function signerIn(values: { cert?: string; key?: string; 'demo-signer'?: boolean }): CommandLine['signer'] {
  const { cert, key, 'demo-signer': demo } = values;
  if (cert !== undefined && key !== undefined && !demo) return { cert, key };
  if (demo && cert === undefined && key === undefined) return 'demo';
  throw usage('It needs a signer: --cert with --key, or --demo-signer alone. An unsigned image is installed nowhere');
}

function scoreIn(told: string | undefined): number {
  const score = Number(told ?? '8.9');
  if (told?.trim() === '' || !(score >= 0 && score <= 10)) throw usage(`--most-cvss takes 0 to 10, found ${told}`);
  return score;
}

function usage(sentence: string): TashikaError {
  return new TashikaError('USAGE', `${sentence}. --help tells more.`);
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...{ board: text, version: text, cert: text, key: text, parent: text, 'approved-by': text, format: text },
        ...{
          advisories: text,
          'advisories-from': text,
          'most-cvss': text,
          mirror: text,
          keyring: text,
          settings: text,
        },
        ...{ 'apt-keyring': text, root: text, overlay: text, out: text, 'demo-signer': flag, quick: flag, json: flag },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw usageError(error, 'npm run image --');
  }
}
