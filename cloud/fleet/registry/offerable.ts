/** What decides whether an image may be given out: a revoked one never is, whatever still names it. */
export function isOfferable({ revokedAt }: { readonly revokedAt: Date | string | null }): boolean {
  return revokedAt === null;
}

/** The same of a row of the table `image`, as a condition in SQL. */
export const OFFERABLE = 'image.revoked_at IS NULL';
