import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { RaucScene } from '@tashika/edge/update/testing';
import { onTestFinished } from 'vitest';
import { EDGE } from './agent-image.ts';
import { Program } from './program.ts';

/** What systemd is to the agent: starts it from the slot that is chosen at each start, also when it died. */
export class AgentUnit {
  /** The slots that it started from. */
  readonly started: string[] = [];
  readonly #scene: RaucScene;
  readonly #directory: string;
  readonly #configuration: string;
  #agent: Program | undefined;
  #asked = 0;
  #watch: NodeJS.Timeout | undefined;

  constructor(scene: RaucScene, directory: string, configuration: string) {
    this.#scene = scene;
    this.#directory = directory;
    this.#configuration = configuration;
  }

  start(): void {
    this.#run();
    this.#watch = setInterval(() => void this.#look(), 50);
    onTestFinished(() => clearInterval(this.#watch));
  }

  async stop(): Promise<number | null> {
    clearInterval(this.#watch);
    return this.#agent!.stop();
  }

  async #look(): Promise<void> {
    const asked = this.#scene.restartsAsked();
    if (asked !== this.#asked) {
      this.#asked = asked;
      await this.#agent!.stop(); // it ends, and is seen as ended the next time
    } else if (!this.#agent!.running) this.#run();
  }

  #run(): void {
    const slot = this.#scene.select();
    this.started.push(slot);
    const folder = join(this.#directory, 'running', slot);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    execFileSync('tar', ['-xf', this.#scene.slotFile(slot), '-C', folder]);
    symlinkSync(join(EDGE, 'node_modules'), join(folder, 'node_modules'));
    this.#agent = new Program(join(folder, 'main.js'), ['run', '--config', this.#configuration]);
  }
}
