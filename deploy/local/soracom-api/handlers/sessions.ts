import type { AuthKey } from '../auth-key.ts';
import type { Handler } from './handler.ts';

/** Login by auth key alone: the stand-in has no users and passwords. */
const auth: Handler = ({ body }, { sessions, account: { operatorId } }) => {
  const { tokenTimeoutSeconds, ...given } = body as Partial<AuthKey> & { readonly tokenTimeoutSeconds?: number };
  return { body: { ...sessions.logIn(given, tokenTimeoutSeconds), operatorId } };
};

const logout: Handler = ({ apiKey }, { sessions }) => {
  sessions.logOut(apiKey!);
  return {};
};

export const SESSION_HANDLERS = { auth, logout };
