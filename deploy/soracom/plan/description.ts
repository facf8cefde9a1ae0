import { fingerprintIn } from '@tashika/shared/fingerprint';

/** `Send key for Funnel [tashika sha256:0123456789ab]`: what a credential's description says of it. */
export interface DescriptionParts {
  readonly text: string;
  /** Undefined for one that bears none: it was not made from files. */
  readonly mark: string | undefined;
  /** Undefined where it says none: which key is stored, nobody can tell then. */
  readonly fingerprint: string | undefined;
  /** What else is stored and is no secret, such as `policyName`. */
  readonly plain: Readonly<Record<string, string>>;
}

const BRACKET = /\s*\[([A-Za-z0-9-]+)((?: [A-Za-z_]+=[^\s\]]*)*) (sha256:[0-9a-f]{12})\]\s*$/;

export function partsOf(description: string): DescriptionParts {
  const match = BRACKET.exec(description);
  if (!match) return { text: description.trim(), mark: undefined, fingerprint: fingerprintIn(description), plain: {} };
  const [bracket, mark, plain, fingerprint] = match;
  const pairs = plain!.trim() === '' ? [] : plain!.trim().split(' ');
  return {
    text: description.slice(0, description.length - bracket.length).trim(),
    mark,
    fingerprint,
    plain: Object.fromEntries(
      pairs.map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), decoded(pair.slice(at + 1))];
      }),
    ),
  };
}

export function descriptionOf({ text, mark, fingerprint, plain }: DescriptionParts & { mark: string }): string {
  const pairs = Object.entries(plain)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => ` ${name}=${encodeURIComponent(value)}`);
  return `${text === '' ? '' : `${text} `}[${mark}${pairs.join('')} ${fingerprint}]`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody else wrote it
  }
}
