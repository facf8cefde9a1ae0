/** Shorter ones would blot out ordinary words. */
const SHORTEST = 6;

/** Keeps secrets out of what is shown: whatever is registered here is blotted out of every sentence. */
export class Concealment {
  readonly #secrets = new Set<string>();

  add(secret: string): void {
    if (secret.length >= SHORTEST) this.#secrets.add(secret);
  }

  /** `text` on one line of at most `most` characters, without control characters and without any secret. */
  clean(text: string, most = 300): string {
    let clean = text;
    for (const secret of this.#secrets) clean = clean.replaceAll(secret, '(hidden)');
    clean = clean.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
    return clean.length > most ? `${clean.slice(0, most)}…` : clean;
  }
}
