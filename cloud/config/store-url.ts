const FIELD = 'store.url';

/**
 * What is wrong with the address of a store; each a sentence that shows nothing of it, for it may hold a password.
 * A database that cannot be reached would else be taken for one that is away.
 */
export function storeUrlProblems(url: string): readonly string[] {
  if (/^pglite:./.test(url)) return [];
  if (!/^postgres(ql)?:\/\//.test(url))
    return [`${FIELD} must be pglite:<directory> or postgres://user:password@host/database.`];
  if (!URL.canParse(url))
    return [
      `${FIELD} is no URL: it must be postgres://user:password@host:port/database, with / ? # @ and % in user and password written as %2F %3F %23 %40 and %25.`,
    ];
  const { hostname } = new URL(url);
  // Without one the client takes a socket of this machine, or what PGHOST names.
  if (/^\[[\da-f:.]+\]$|^[^\s,:]*$/i.test(hostname)) return [];
  return [`${FIELD} must name one host, and it names ${hostname}.`];
}
