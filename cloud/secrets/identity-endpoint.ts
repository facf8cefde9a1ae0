import { request } from 'node:http';
import { messageOf } from '@tashika/shared/errors';
import type { Clock, Duration, Timestamp } from '@tashika/shared/time';

/** Azure's metadata service, reached from a virtual machine alone. */
const METADATA_SERVICE = 'http://169.254.169.254/metadata/identity/oauth2/token';
const ANSWER_WITHIN_MS: Duration = 10_000;
const MOST_BYTES = 256 * 1024;
/** Of an endpoint's own words. */
const MOST_CHARACTERS = 200;

/** For what a token is asked, and of whom. */
export interface IdentityQuestion {
  /** The audience that the token is to have. */
  readonly resource: string;
  /** Names a user-assigned identity; the system-assigned one, if absent. */
  readonly clientId?: string;
  /** IDENTITY_ENDPOINT and IDENTITY_HEADER of Container Apps and App Service; a machine's metadata service, if absent. */
  readonly endpoint?: { readonly url: string; readonly header: string };
}

export type IdentityAnswer =
  /** `expiresAt` is undefined where the answer does not tell it. */
  | { readonly kind: 'token'; readonly token: string; readonly expiresAt: Timestamp | undefined }
  /** It can be asked again; `reason` goes on the sentence "the endpoint …". */
  | { readonly kind: 'unavailable'; readonly place: string; readonly reason: string }
  /** It would say the same again. `reason` is what it said, in its own words; empty where it said nothing. */
  | { readonly kind: 'refused'; readonly place: string; readonly status: number; readonly reason: string };

/**
 * Asks for a token of the managed identity that this program runs under: of Container Apps and App Service where their
 * endpoint is known ("Managed identities in Azure Container Apps", REST endpoint reference), else of the machine's
 * metadata service ("How to use managed identities on an Azure VM to acquire an access token", which also says what can
 * be asked again). Never rejects.
 */
export async function askForIdentityToken(question: IdentityQuestion, clock: Clock): Promise<IdentityAnswer> {
  const { resource, clientId, endpoint } = question;
  const place = `Azure's endpoint for managed identities at ${originOf(endpoint?.url ?? METADATA_SERVICE)}`;
  let answer: { readonly status: number; readonly body: string };
  try {
    const url = new URL(endpoint?.url ?? METADATA_SERVICE);
    url.searchParams.set('api-version', endpoint ? '2019-08-01' : '2018-02-01');
    url.searchParams.set('resource', resource);
    if (clientId !== undefined) url.searchParams.set('client_id', clientId);
    answer = await get(url, endpoint ? { 'X-IDENTITY-HEADER': endpoint.header } : { Metadata: 'true' }, clock);
  } catch (error) {
    return { kind: 'unavailable', place, reason: `does not answer: ${messageOf(error)}` };
  }
  const { status } = answer;
  const body = parsed(answer.body);
  const { access_token: token } = body;
  if (status === 200 && typeof token === 'string' && token !== '')
    return { kind: 'token', token, expiresAt: expiryIn(body) };
  // The metadata service answers so while it is being updated.
  const updating = endpoint === undefined && (status === 404 || status === 410);
  if (updating || status === 429 || status >= 500)
    return { kind: 'unavailable', place, reason: `can't give a token now (status ${status})` };
  return { kind: 'refused', place, status, reason: reasonIn(body) };
}

function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : 'IDENTITY_ENDPOINT, which is no URL';
}

function get(url: URL, headers: Record<string, string>, clock: Clock): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { headers, agent: false }, async (response) => {
      try {
        let body = '';
        for await (const part of response.setEncoding('utf8')) {
          body += part;
          if (body.length > MOST_BYTES) throw new Error('its answer is too long');
        }
        resolve({ status: response.statusCode ?? 0, body });
      } catch (error) {
        reject(error);
      } finally {
        timer.cancel();
      }
    });
    const timer = clock.after(ANSWER_WITHIN_MS, () => asking.destroy(new Error(`no answer in ${ANSWER_WITHIN_MS} ms`)));
    asking.on('error', (error) => {
      timer.cancel();
      reject(error);
    });
    asking.end();
  });
}

type Body = Readonly<Record<string, unknown>>;

function parsed(text: string): Body {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Body) : {};
  } catch {
    return {};
  }
}

/** `expires_on` is in Unix seconds, as a text or a number. */
function expiryIn({ expires_on: at }: Body): Timestamp | undefined {
  const seconds = typeof at === 'string' && at.trim() !== '' ? Number(at) : at;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? seconds * 1000 : undefined;
}

/** App Service says `message`, the metadata service `error_description`. */
function reasonIn({ message, error_description: description }: Body): string {
  const text = [message, description].find((each) => typeof each === 'string') as string | undefined;
  return (text ?? '').replace(/\s+/g, ' ').trim().slice(0, MOST_CHARACTERS);
}
