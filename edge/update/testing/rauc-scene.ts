import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What of the machine RAUC on file slots needs. */
export const RAUC_TOOLS = ['rauc', 'dbus-run-session', 'openssl', 'mksquashfs'] as const;

/** Real RAUC on two slots that are files, with keys of its own and a slot program as an image has. */
export interface RaucScene {
  readonly conf: string;
  readonly slotProgram: string;
  /** PEM files of who signs its bundles; the certificate is the keyring too. */
  readonly signer: { readonly certificate: string; readonly key: string };
  /** Builds a bundle of these bytes. */
  bundle(name: string, version: string, payload: Buffer, options?: { board?: string; stranger?: boolean }): string;
  /** The first bytes of a slot. */
  slot(name: 'A' | 'B', bytes: number): Buffer;
  /** Where it lies. */
  slotFile(name: string): string;
  /** How often the slots have asked for a start of the agent. */
  restartsAsked(): number;
  /** The slot that the agent is to be started from now. */
  select(): string;
  /** The slots as the program keeps them. */
  remembers(): string;
}

const BOARD = 'tashika-test';

/**
 * The contract of an image's slot programs, without a mount and without systemd: RAUC's custom backend, and what the
 * updater asks. Who plays systemd starts the agent anew whenever `restarts` counts, and calls `select` before each start.
 */
const SLOTS = `#!/bin/sh
set -eu
d=@DIR@
exec 9>"$d/state/lock"
flock 9
get() { cat "$d/state/$1" 2>/dev/null || echo "\${2-}"; }
put() { printf '%s' "$2" >"$d/state/$1.new"; mv "$d/state/$1.new" "$d/state/$1"; }
current=$(get current A) primary=$(get primary A) trial=$(get trial) tries=$(get tries 0)
json() { [ -n "$1" ] && printf '"%s"' "$1" || printf null; }
restart() { put restarts $(($(get restarts 0) + 1)); }
case $1 in
  get-current) echo "$current" ;;
  get-primary) [ -n "$trial" ] && [ "$tries" = 1 ] && echo "$trial" || echo "$primary" ;;
  set-primary) if [ "$2" = "$primary" ]; then put trial ''; put tries 0; else put trial "$2"; put tries 1; fi; put reason '' ;;
  get-state) get "state.$2" good ;;
  set-state) put "state.$2" "$3"; if [ "$3" = bad ] && [ "$2" = "$trial" ]; then put trial ''; put tries 0; fi ;;
  status) printf '{"current":%s,"primary":%s,"trial":%s,"triesLeft":%s,"fellBackFrom":null,"reason":%s}\\n' \\
    "$(json "$current")" "$(json "$primary")" "$(json "$trial")" "$tries" "$(json "$(get reason)")" ;;
  select)
    if [ -n "$trial" ] && [ "$tries" = 1 ]; then put tries 0; put current "$trial"
    elif [ -n "$trial" ]; then put reason "slot $trial: it had its one try and was not confirmed"; put trial ''; put current "$primary"
    else put current "$primary"; fi ;;
  start-trial) [ "$tries" = 1 ] || { echo 'no slot waits for a trial' >&2; exit 1; }; restart ;;
  confirm) [ "$2" = "$current" ] || exit 1; if [ "$trial" = "$2" ]; then put primary "$2"; put trial ''; fi ;;
  expire) restart ;;
  *) exit 64 ;;
esac
`;

export function raucScene(directory: string, slotBytes = 1_048_576): RaucScene {
  const at = (...path: string[]) => join(directory, ...path);
  for (const name of ['keys', 'state', 'mnt', 'data']) mkdirSync(at(name), { recursive: true });
  for (const name of ['a.img', 'b.img']) {
    writeFileSync(at(name), '');
    truncateSync(at(name), slotBytes);
  }
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'ignore', cwd: at('keys') });
  for (const who of ['known', 'stranger']) {
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${who}.key`];
    openssl('req', '-x509', ...key, '-out', `${who}.pem`, '-days', '3650', '-subj', `/O=test/CN=${who}`);
  }
  writeFileSync(at('slots'), SLOTS.replaceAll('@DIR@', directory), { mode: 0o755 });
  const slot = (index: number, name: string) =>
    `[slot.agent.${index}]\ndevice=${at(`${name.toLowerCase()}.img`)}\ntype=raw\nbootname=${name}\n`;
  writeFileSync(
    at('system.conf'),
    `[system]\ncompatible=${BOARD}\nbootloader=custom\nbundle-formats=plain\nmountprefix=${at('mnt')}\n` +
      `statusfile=${at('data', 'status')}\n[keyring]\npath=${at('keys', 'known.pem')}\n` +
      `[handlers]\nbootloader-custom-backend=${at('slots')}\n${slot(0, 'A')}${slot(1, 'B')}`,
  );
  return {
    conf: at('system.conf'),
    slotProgram: at('slots'),
    signer: { certificate: at('keys', 'known.pem'), key: at('keys', 'known.key') },
    bundle(name, version, payload, { board = BOARD, stranger = false } = {}) {
      const content = at(`content-${name}`);
      mkdirSync(content);
      writeFileSync(join(content, 'agent.img'), payload);
      const manifest = `[update]\ncompatible=${board}\nversion=${version}\n[bundle]\nformat=plain\n[image.agent]\nfilename=agent.img\n`;
      writeFileSync(join(content, 'manifest.raucm'), manifest);
      const who = stranger ? 'stranger' : 'known';
      const signing = ['--cert', at('keys', `${who}.pem`), '--key', at('keys', `${who}.key`)];
      const file = at(`${name}.raucb`);
      execFileSync('rauc', ['bundle', ...signing, content, file], { stdio: 'ignore' });
      return file;
    },
    slot: (name, bytes) => readFileSync(at(`${name.toLowerCase()}.img`)).subarray(0, bytes),
    slotFile: (name) => at(`${name.toLowerCase()}.img`),
    restartsAsked: () =>
      Number(existsSync(at('state', 'restarts')) ? readFileSync(at('state', 'restarts'), 'utf8') : 0),
    select() {
      execFileSync(at('slots'), ['select']);
      return execFileSync(at('slots'), ['get-current'], { encoding: 'utf8' }).trim();
    },
    remembers: () => execFileSync(at('slots'), ['status'], { encoding: 'utf8' }),
  };
}
