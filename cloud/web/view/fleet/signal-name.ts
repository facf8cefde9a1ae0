import type { HaltingSignal } from '../../model/fleet-contract.ts';
import { text } from '../../page/preferences.ts';

/** What halts a rollout, by its name. */
export function nameOfSignal(signal: HaltingSignal): string {
  const { failing, signals } = text.value.fleet;
  return signal === 'installation' ? failing.installation : signals.names[signal];
}
