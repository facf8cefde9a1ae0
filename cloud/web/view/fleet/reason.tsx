import type { Reason as Why } from '../../../fleet/reason/reason.ts';
import { text } from '../../page/preferences.ts';
import { languageOf, type Part, partsOf } from '../../text/device-words.ts';

/**
 * A reason in the reader's language; as it was written where a person did, or where it is older than its codes. What a
 * device said is nobody's translation, so it is quoted as its own words.
 */
export function Reason({ of: { reason, why } }: { readonly of: { readonly reason: string; readonly why?: Why } }) {
  const words = text.value.fleet;
  const parts: readonly Part[] = (why && partsOf(words.reasons, why)) ?? [{ text: reason, isDevices: false }];
  return (
    <>
      {parts.map((part, index) =>
        part.isDevices ? (
          <span key={index} class="device-words">
            <span class="device-words-label">{words.deviceWords}</span> <q lang={languageOf(part.text)}>{part.text}</q>
          </span>
        ) : (
          part.text
        ),
      )}
    </>
  );
}
