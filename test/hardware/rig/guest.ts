import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../../rig/index.ts';
import { Dialogue } from './dialogue.ts';
import type { BootImage } from './image.ts';
import { News } from './news.ts';
import { AGENT } from './product.ts';

export const QEMU = 'qemu-system-aarch64';
const BOOT_MS = 120_000;
const RUN_MS = 120_000;
const EDGE_MS = 30_000;
/** GPIORIS of the PL061 (ARM DDI 0190, section 3.3.7) at its place in QEMU's machine `virt`. */
const RAW_INTERRUPTS = 0x0903_0414;

/** A line that an agent logged; `{ text }` where it is no JSON. */
export type LogLine = Readonly<Record<string, unknown>>;

/**
 * An arm64 machine with a real kernel and a PL061 GPIO chip, whose lines this side drives. It is emulated, so it is
 * slow: what is asserted is what arrives, never when.
 */
export class Guest {
  readonly #console: Dialogue;
  readonly #qtest: Dialogue;
  readonly #qmp: Dialogue;
  readonly #qemu: ChildProcess;
  readonly #log: LogLine[] = [];
  readonly #news = new News();
  #chip = '';

  private constructor(qemu: ChildProcess, qtest: Socket, qmp: Socket, agent: Socket) {
    this.#qemu = qemu;
    this.#console = new Dialogue(qemu.stdout!, qemu.stdin!);
    this.#qtest = new Dialogue(qtest, qtest);
    this.#qmp = new Dialogue(qmp, qmp);
    createInterface({ input: agent.on('error', () => {}) }).on('line', (line) => {
      this.#log.push(parsed(line));
      this.#news.tell();
    });
  }

  /**
   * Resolves when its init answers.
   *
   * @param disk a file that is its disk, `/dev/vda`
   */
  static async boot({ kernel, initrd }: BootImage, directory: string, disk?: string): Promise<Guest> {
    const path = (name: string) => join(directory, name);
    const server = (name: string) => `unix:${path(name)},server=on,wait=off`;
    const qemu = spawn(
      QEMU,
      [
        ...['-M', 'virt', '-cpu', 'cortex-a53', '-accel', 'tcg', '-m', '1024', '-smp', '2'],
        ...['-no-reboot', '-nodefaults', '-display', 'none', '-monitor', 'none', '-serial', 'stdio'],
        ...['-kernel', kernel, '-initrd', initrd, '-append', 'console=ttyAMA0 quiet panic=-1'],
        ...['-qtest', server('qtest'), '-qtest-log', '/dev/null', '-qmp', server('qmp')],
        ...['-netdev', 'user,id=net', '-device', 'virtio-net-pci,netdev=net,romfile='],
        ...['-device', 'virtio-serial-pci', '-chardev', `socket,id=agent,path=${path('agent')},server=on,wait=off`],
        ...['-device', 'virtconsole,chardev=agent', '-device', 'qemu-xhci'],
        ...(disk === undefined
          ? []
          : ['-drive', `file=${disk},format=raw,if=none,id=disk,cache=unsafe`, '-device', 'virtio-blk-pci,drive=disk']),
      ],
      { stdio: ['pipe', 'pipe', 'pipe'] },
    );
    let errors = '';
    qemu.stderr?.on('data', (chunk: Buffer) => {
      errors += chunk.toString();
    });
    const connected = (name: string) =>
      until(`QEMU's socket ${name}`, async () => {
        if (qemu.exitCode !== null) throw new Error(`QEMU ended: ${errors}`);
        const socket = connect(path(name));
        await once(socket, 'connect');
        return socket;
      });
    try {
      const [qtest, qmp, agent] = await Promise.all(['qtest', 'qmp', 'agent'].map(connected));
      const guest = new Guest(qemu, qtest!, qmp!, agent!);
      await within(
        BOOT_MS,
        'the guest to boot',
        guest.#console.ask(undefined, (line) => line.endsWith('@@ ready')),
      );
      await guest.qmp('qmp_capabilities');
      const devices = await guest.qmp('qom-list', { path: '/machine/unattached' });
      const chip = (devices as { name: string; type: string }[]).find(({ type }) => type === 'child<pl061>');
      guest.#chip = `/machine/unattached/${chip?.name}`;
      return guest;
    } catch (error) {
      qemu.kill('SIGKILL');
      throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#qemu.kill('SIGKILL');
    await once(this.#qemu, 'exit');
  }

  /** Starts the built agent, which finds that version of gpiod. What it logs is what `logged` waits for. */
  async startAgent(name: string, configuration: object, gpiod: 1 | 2): Promise<void> {
    const file = `/run/${name}.json`;
    await this.write(file, JSON.stringify({ dataDirectory: `/run/${name}`, ...configuration }));
    const env = `PATH=/bin:/usr/bin:/opt/gpiod-${gpiod}/bin LD_LIBRARY_PATH=/opt/gpiod-${gpiod}/lib`;
    await this.run(`${env} setsid node ${AGENT} run --config ${file} > /dev/hvc0 2>&1 < /dev/null &`);
  }

  /** How many lines the agents have logged so far: where to look from for what comes later. */
  get now(): number {
    return this.#log.length;
  }

  /** Resolves with the first line of the agents' log that has all of `fields`, from position `since` on. */
  async logged(fields: Partial<LogLine>, since = 0, deadlineMs = 240_000): Promise<LogLine> {
    const wanted = Object.entries(fields);
    return this.#news.until(
      () => this.#log.slice(since).find((line) => wanted.every(([key, value]) => line[key] === value)),
      deadlineMs,
      () =>
        `Not logged within ${deadlineMs} ms: ${JSON.stringify(fields)}. The log:\n${this.#log.map((line) => JSON.stringify(line)).join('\n')}`,
    );
  }

  /** Runs a line of shell in the guest. @returns what it printed; rejects unless it ended with 0 */
  async run(line: string): Promise<string> {
    const answer = this.#console.ask(line, (each) => /@@ \d+$/.test(each));
    const lines = await within(RUN_MS, `the guest to run ${line}`, answer);
    const printed = lines.join('\n').replaceAll('\r', '');
    const [last] = /@@ \d+$/.exec(printed)!;
    if (last !== '@@ 0') throw new Error(`In the guest: ${line}\n${printed}`);
    return printed.slice(0, -last.length);
  }

  /** Writes a file in the guest. */
  async write(path: string, content: string): Promise<void> {
    const encoded = Buffer.from(content).toString('base64');
    await this.run(`: > ${path}`);
    // A tty takes a line of 4,095 characters at most.
    for (let at = 0; at < encoded.length; at += 2_000)
      await this.run(`echo -n '${encoded.slice(at, at + 2_000)}' | base64 -d >> ${path}`);
  }

  /** Drives a line of the GPIO chip; resolves when the emulated chip has the level. Line 3 is the power key. */
  async setLine(offset: number, level: boolean): Promise<void> {
    const question = `set_irq_in ${this.#chip} unnamed-gpio-in ${offset} ${level ? 1 : 0}`;
    const [answer] = await this.#qtest.ask(question, () => true);
    if (answer !== 'OK') throw new Error(`${question}: ${answer}`);
  }

  /**
   * Resolves when the guest's kernel has acknowledged all edges of the chip so far. An edge that comes before is lost
   * in the chip, as it would be in a real one.
   */
  async edgesTaken(): Promise<void> {
    const deadline = performance.now() + EDGE_MS;
    for (;;) {
      const [answer] = await this.#qtest.ask(`readl ${RAW_INTERRUPTS}`, () => true);
      if (Number(answer!.split(' ')[1]) === 0) return;
      if (performance.now() > deadline) throw new Error(`The guest's kernel takes no edge: ${answer}`);
    }
  }

  /** A command to QEMU itself: plugs and unplugs devices. */
  async qmp(command: string, args?: object): Promise<unknown> {
    const question = JSON.stringify({ execute: command, ...(args && { arguments: args }) });
    const lines = await this.#qmp.ask(question, (line) => /^\{"(return|error)"/.test(line));
    const { return: result, error } = JSON.parse(lines.at(-1)!);
    if (error) throw new Error(`${question}: ${JSON.stringify(error)}`);
    return result;
  }
}

function within<T>(ms: number, what: string, done: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Waited ${ms} ms for ${what}.`)), ms);
    done.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function parsed(line: string): LogLine {
  try {
    return JSON.parse(line);
  } catch {
    return { text: line };
  }
}
