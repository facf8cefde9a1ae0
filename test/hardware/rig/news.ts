/** What comes from outside, for those who wait for something of it. */
export class News {
  readonly #wake = new Set<() => void>();

  /** Something has come. */
  tell(): void {
    for (const wake of [...this.#wake]) wake();
  }

  /**
   * Resolves with what `look` finds, as soon as news make it find something.
   *
   * @param complaint of the error, made when the time is over
   */
  async until<T>(look: () => T | undefined | false, deadlineMs: number, complaint: () => string): Promise<T> {
    const deadline = performance.now() + deadlineMs;
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      const restMs = deadline - performance.now();
      if (restMs <= 0) throw new Error(complaint());
      await new Promise<void>((resolve) => {
        const wake = () => {
          clearTimeout(timer);
          this.#wake.delete(wake);
          resolve();
        };
        const timer = setTimeout(wake, restMs);
        this.#wake.add(wake);
      });
    }
  }
}
