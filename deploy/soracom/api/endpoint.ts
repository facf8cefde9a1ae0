import { TashikaError } from '@tashika/shared/errors';

/** Which of SORACOM's two platforms an account is on: Japan's, or the global one. */
export type Coverage = 'jp' | 'g';

const HOSTS: Readonly<Record<Coverage, string>> = { jp: 'api.soracom.io', g: 'g.api.soracom.io' };

/**
 * Where the API is: `SORACOM_ENDPOINT`, as soracom-cli knows it (without `/v1`), or the coverage's own host.
 *
 * @throws TashikaError `CONFIG_INVALID` for what is no address, or plain HTTP to another machine: key and token would
 * be read on the way; `SORACOM_WRONG_ACCOUNT` for the host of the other coverage
 */
export function endpointOf(coverage: Coverage, env: Readonly<Record<string, string | undefined>>): string {
  const given = env.SORACOM_ENDPOINT;
  if (given === undefined || given === '') return `https://${HOSTS[coverage]}`;
  if (!URL.canParse(given)) throw invalid('must be an address such as https://api.soracom.io');
  const url = new URL(given);
  if (url.username !== '' || url.password !== '') throw invalid('must bear no user name and no password');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw invalid('must be https, or plain http to this machine');
  const other = (Object.keys(HOSTS) as Coverage[]).find((each) => each !== coverage && HOSTS[each] === url.hostname);
  if (other !== undefined)
    throw new TashikaError(
      'SORACOM_WRONG_ACCOUNT',
      `SORACOM_ENDPOINT is the API of coverage ${other}, and the files are for an account of coverage ${coverage}. Nothing was sent.`,
    );
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function invalid(rule: string): TashikaError {
  return new TashikaError('CONFIG_INVALID', `SORACOM_ENDPOINT ${rule}.`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(host);
}
