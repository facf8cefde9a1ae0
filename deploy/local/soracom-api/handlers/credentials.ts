import type { Timestamp } from '@tashika/shared/time';
import {
  type CredentialRequest,
  credentialIn,
  type Settings,
  withChangedCredential,
  withNewCredential,
  withoutCredential,
} from '../account/index.ts';
import { shownCredential } from '../shown.ts';
import { deleting, type Handler } from './handler.ts';

const listCredentials: Handler = (_, { account }) => ({
  body: account.settings.credentials.map((credential) => shownCredential(account, credential)),
});

/** The handler of what makes or changes a credential, of which all but its content is shown afterwards. */
function changing(
  change: (settings: Settings, id: string, request: CredentialRequest, now: Timestamp) => Settings,
): Handler {
  return ({ parameters, body }, { account, clock }) => {
    const id = parameters.credentials_id!;
    account.change((settings) => change(settings, id, body as CredentialRequest, clock.now()));
    return { body: shownCredential(account, credentialIn(account.settings, id)) };
  };
}

export const CREDENTIAL_HANDLERS = {
  listCredentials,
  createCredential: changing(withNewCredential),
  updateCredential: changing(withChangedCredential),
  deleteCredential: deleting(({ parameters }, account) =>
    account.change((settings) => withoutCredential(settings, parameters.credentials_id!)),
  ),
};
