/** How an updater may call itself: what a path, a log line or a shell reads in one way only. */
const CONTROLLER_ID = /^[A-Za-z0-9][A-Za-z0-9_:-]{0,63}$/;

/** What `isControllerId` asks for, in words. */
export const CONTROLLER_ID_RULE =
  'a controller id is 1 to 64 letters, digits, `_`, `-` or `:`, and begins with a letter or a digit';

export function isControllerId(text: string): boolean {
  return CONTROLLER_ID.test(text);
}
