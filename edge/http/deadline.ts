import type { Duration } from '@tashika/shared/time';

/** A signal that is aborted after a time or with another signal, whichever is first. */
export interface Deadline {
  readonly signal: AbortSignal;
  readonly passed: boolean;
  /** Lets timer and listener go; without it a long-lived signal would keep every deadline ever made. */
  clear(): void;
}

/** Real time: it bounds what a socket does. */
export function deadline(timeoutMs: Duration, sooner: AbortSignal): Deadline {
  const controller = new AbortController();
  let passed = false;
  const abort = () => controller.abort(sooner.reason);
  const timer = setTimeout(() => {
    passed = true;
    controller.abort(new Error(`no answer in ${timeoutMs} ms`));
  }, timeoutMs);
  if (sooner.aborted) abort();
  else sooner.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    get passed() {
      return passed;
    },
    clear() {
      clearTimeout(timer);
      sooner.removeEventListener('abort', abort);
    },
  };
}
