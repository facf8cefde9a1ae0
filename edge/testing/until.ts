/** How long a busy machine may take for what takes a good one moments. */
const PATIENCE_MS = 45_000;

/** Waits for what happens in real time. @throws Error with the condition's source, where it does not come to hold */
export async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Waited too long for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
