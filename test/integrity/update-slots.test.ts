import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadEdgeConfiguration } from '@tashika/edge/config';
import { raucInstallers } from '@tashika/edge/update';
import { RAUC_TOOLS, raucScene } from '@tashika/edge/update/testing';
import { expect, it } from 'vitest';
import { haveCommand, temporaryDirectory } from '../rig/index.ts';

const SCRIPT = fileURLToPath(new URL('../../deploy/image/rauc/agent-slot', import.meta.url));
const NEVER = new AbortController().signal;
/** The scripts know a squashfs by mounting it; here it is known by the word that it begins with. */
const PROGRAMS: Readonly<Record<string, string>> = {
  mount:
    'to=; for file; do from=$to; to=$file; done\n[ "$(head -c 4 "$from")" = hsqs ] || exit 32\nmkdir -p "$to/bin"; ln -sf /bin/true "$to/bin/tashika-edge"',
  umount: 'for to; do :; done\nrm -rf "$to/bin"',
  mountpoint: 'test -d "$2/bin"',
  systemctl: 'echo "$*" >>"$CALLS"',
};
const missing = [...RAUC_TOOLS, 'flock'].filter((name) => !haveCommand(name));

it.skipIf(missing.length > 0)(
  "the updater gives a new agent its try by the image's own slot program and real RAUC, and confirms it or takes it back",
  async () => {
    const directory = temporaryDirectory();
    const at = (...path: string[]) => join(directory, ...path);
    const scene = raucScene(directory, 65_536);
    for (const folder of ['tools', 'run', 'own', 'package/bin']) mkdirSync(at(folder), { recursive: true });
    for (const [name, text] of Object.entries(PROGRAMS))
      writeFileSync(at('tools', name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    writeFileSync(at('package/bin/tashika-edge'), '', { mode: 0o755 });
    const program = at('agent-slot');
    writeFileSync(
      program,
      `#!/bin/sh\nexport PATH=${at('tools')}:$PATH CALLS=${at('calls')} TASHIKA_AGENT_SLOTS=${at('own')} TASHIKA_AGENT_RUN=${at('run')} TASHIKA_AGENT_PACKAGE=${at('package')} TASHIKA_UPTIME=${at('uptime')}\nexec ${SCRIPT} "$@"\n`,
      { mode: 0o755 },
    );
    let conf = readFileSync(scene.conf, 'utf8').replace(scene.slotProgram, program);
    for (const slot of ['A', 'B']) {
      const own = at('own', `${slot.toLowerCase()}.img`);
      renameSync(scene.slotFile(slot), own);
      conf = conf.replace(scene.slotFile(slot), own);
    }
    writeFileSync(scene.conf, conf);
    const configuration = loadEdgeConfiguration(undefined, {
      TASHIKA_EDGE_UPDATE_AGENT_RAUC: scene.conf,
      TASHIKA_EDGE_UPDATE_AGENT_SLOTS: JSON.stringify([program]),
    });
    const installer = raucInstallers(configuration).agent;
    const bundle = scene.bundle('agent', '2.0.0', Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(40_000, 7)]));
    /** The agent's unit is started: the slot is chosen anew. */
    const agentStarts = (uptime: number) => {
      writeFileSync(at('uptime'), `${uptime}.00 0.00\n`);
      execFileSync(program, ['select'], { stdio: 'ignore' });
    };
    const slots = () => installer.slots(NEVER);

    agentStarts(10); // the agent of the system's own image
    expect(await slots()).toMatchObject({ current: undefined, trial: undefined });
    expect(await installer.install(bundle, NEVER)).toBe('A');
    expect(await slots()).toMatchObject({ current: undefined, trial: 'A', triesLeft: 1 });
    await installer.startTrial(NEVER);
    agentStarts(20);
    expect(await slots()).toMatchObject({ current: 'A', trial: 'A', triesLeft: 0 });
    await expect(installer.confirm('B', NEVER)).rejects.toThrow(/slot A runs, and not slot B/);
    await installer.confirm('A', NEVER);
    expect(await slots()).toMatchObject({ current: 'A', primary: 'A', trial: undefined });

    expect(await installer.install(bundle, NEVER)).toBe('B');
    await installer.startTrial(NEVER);
    agentStarts(30);
    expect(await slots()).toMatchObject({ current: 'B', primary: 'A', trial: 'B', triesLeft: 0 });
    writeFileSync(at('uptime'), '40.00 0.00\n');
    await installer.fallBack('B', NEVER);
    agentStarts(41);
    expect(await slots()).toMatchObject({
      current: 'A',
      trial: undefined,
      fellBackFrom: 'B',
      reason: 'slot B: it had its one try and was not confirmed',
    });
    await installer.fallBack('B', NEVER); // once more asks for nothing
    const calls = readFileSync(at('calls'), 'utf8').trim().split('\n');
    expect(calls.filter((call) => call === '--no-block restart tashika-edge.service')).toHaveLength(3);

    expect(await installer.install(bundle, NEVER)).toBe('B');
    await installer.fallBack('B', NEVER); // given up before its try
    expect(await slots()).toMatchObject({ current: 'A', primary: 'A', trial: undefined, triesLeft: 0 });
  },
);
