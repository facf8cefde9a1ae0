/** What secrets of the systems around look like. A name of each, for the sentence. */
const KINDS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a connection string with a key', /SharedAccessKey\s*=/i],
  ['a shared access signature', /SharedAccessSignature\s+sr=|[?&]sig=/i],
  ['a private key', /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a key of SORACOM's API", /\bsecret-[A-Za-z0-9]{40,}/],
  ['a token of Vault', /\b(?:hv[sbr]|s)\.[A-Za-z0-9_-]{20,}/],
  ['a key of Azure', /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/],
  ['an address with a password', /\b[a-z][a-z0-9+.-]*:\/\/[^\s/?#@:]*:[^\s/?#@]+@/i],
  ['a bearer token', /\bBearer\s+[A-Za-z0-9._~+/-]{16,}/],
];

/** A key of an object whose text is a secret, whatever it looks like. */
const SECRET_KEY =
  /^(?:psk|password|passphrase|secret|secretAccessKey|privateKey|authKey|token|apiKey|sharedAccessKey)$/i;

export interface ClearSecret {
  /** Keys from the document's root. */
  readonly path: readonly string[];
  readonly kind: string;
}

/** The secrets that stand in clear in a document: each place with what it looks like, never the text. */
export function clearSecretsIn(value: unknown, path: readonly string[] = []): readonly ClearSecret[] {
  if (typeof value === 'string') {
    const kind = kindOf(value, path.at(-1));
    return kind === undefined ? [] : [{ path, kind }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => clearSecretsIn(child, [...path, key]));
}

function kindOf(text: string, key: string | undefined): string | undefined {
  const known = KINDS.find(([, pattern]) => pattern.test(text))?.[0];
  if (known !== undefined) return known;
  return key !== undefined && SECRET_KEY.test(key) && text !== '' ? `the text of ${key}` : undefined;
}
