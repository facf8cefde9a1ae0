import type { Timestamp } from '@tashika/shared/time';
import { badRequest, notFound } from '../refusal.ts';
import type { Credential, CredentialType, Settings } from './model.ts';

/** What a credential is made of. */
export interface CredentialRequest {
  readonly type: CredentialType;
  readonly credentials: Readonly<Record<string, string>>;
  readonly description?: string;
}

/** What each type needs; the examples of the API's description name these. */
const FIELDS: Readonly<Record<CredentialType, readonly string[]>> = {
  'azure-credentials': ['policyName', 'key'],
  psk: ['key'],
  'aws-credentials': ['accessKeyId', 'secretAccessKey'],
  x509: [],
};

/** @throws Refusal 400 where one of that id is there already, or a field is missing */
export function withNewCredential(
  settings: Settings,
  credentialsId: string,
  request: CredentialRequest,
  now: Timestamp,
): Settings {
  if (find(settings, credentialsId)) throw badRequest(`Credentials ${credentialsId} exist already.`);
  assertFields(request);
  const made: Credential = { credentialsId, ...request, createDateTime: now, updateDateTime: now };
  return { ...settings, credentials: [...settings.credentials, made] };
}

/** Replaces all of it. @throws Refusal 404, 400 where a field is missing */
export function withChangedCredential(
  settings: Settings,
  credentialsId: string,
  request: CredentialRequest,
  now: Timestamp,
): Settings {
  const former = credentialIn(settings, credentialsId);
  assertFields(request);
  const { createDateTime } = former;
  const changed: Credential = { credentialsId, ...request, createDateTime, updateDateTime: now };
  return { ...settings, credentials: settings.credentials.map((each) => (each === former ? changed : each)) };
}

/** @throws Refusal 404 */
export function withoutCredential(settings: Settings, credentialsId: string): Settings {
  const former = credentialIn(settings, credentialsId);
  return { ...settings, credentials: settings.credentials.filter((each) => each !== former) };
}

/** @throws Refusal 404 */
export function credentialIn(settings: Settings, credentialsId: string): Credential {
  const credential = find(settings, credentialsId);
  if (!credential) throw notFound(`Credentials ${credentialsId}`);
  return credential;
}

function find({ credentials }: Settings, credentialsId: string): Credential | undefined {
  return credentials.find((each) => each.credentialsId === credentialsId);
}

function assertFields({ type, credentials }: CredentialRequest): void {
  const missing = FIELDS[type].filter((name) => !credentials[name]);
  if (missing.length > 0) throw badRequest(`Credentials of type ${type} need ${missing.join(' and ')}.`);
}
