/** Tells those who wait that something has changed, once each. */
export class Change {
  #emit!: () => void;
  #next = this.#begin();

  /** Resolves at the next change; take it before looking, and no change is missed. */
  get next(): Promise<void> {
    return this.#next;
  }

  emit(): void {
    const emit = this.#emit;
    this.#next = this.#begin();
    emit();
  }

  #begin(): Promise<void> {
    return new Promise((resolve) => {
      this.#emit = resolve;
    });
  }
}
