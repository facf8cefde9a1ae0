/** The memory that may be taken by what waits. */
export class Room {
  readonly #limitBytes: number;
  #takenBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Whether `bytes` more may wait. */
  has(bytes: number): boolean {
    return this.#takenBytes + bytes <= this.#limitBytes;
  }

  take(bytes: number): void {
    this.#takenBytes += bytes;
  }

  giveBack(bytes: number): void {
    this.#takenBytes -= bytes;
  }
}
