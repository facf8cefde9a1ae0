/**
 * Waits for a condition in a system of real processes: asks again every 50 ms until it holds, and fails with what it
 * saw last once `deadlineMs` have passed. It asserts nothing by itself and retries no assertion that was false.
 */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false> | T | undefined | false,
  deadlineMs = 30_000,
): Promise<T> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await probe();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`Waited ${deadlineMs} ms for ${what}; last saw: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
