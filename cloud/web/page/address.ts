import { computed, signal } from '@preact/signals';
import { type Address, formatAddress, parseAddress } from '../model/address.ts';

/** What the address asks for; it changes with links, the browser's back and forward, and `replaceAddress`. */
export const address = signal<Address>(parseAddress(location.hash));
export const shownPage = computed(() => address.value.page);

/** Whether somebody can be looking at this page: what is not seen is not asked for. */
export function isSeen(page: Address['page']): boolean {
  return document.visibilityState === 'visible' && shownPage.peek() === page;
}

/** Makes the address tell what is chosen, without a step that the browser's back would take. */
export function replaceAddress(next: Address): void {
  const hash = formatAddress(next);
  if (location.hash !== hash) history.replaceState(null, '', hash);
  address.value = next;
}

addEventListener('hashchange', () => {
  address.value = parseAddress(location.hash);
});
