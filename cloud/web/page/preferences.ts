import { computed, effect, signal } from '@preact/signals';
import { en } from '../text/en.ts';
import { formatFor, type Language } from '../text/format.ts';
import { ja } from '../text/ja.ts';
import { shownPage } from './address.ts';

/** `system` follows the reader's own setting. */
export type Theme = 'system' | 'light' | 'dark';

const LANGUAGE_KEY = 'tashika.language';
const THEME_KEY = 'tashika.theme';

const systemIsDark = matchMedia('(prefers-color-scheme: dark)');
const systemTheme = signal<'light' | 'dark'>(systemIsDark.matches ? 'dark' : 'light');
systemIsDark.addEventListener('change', () => {
  systemTheme.value = systemIsDark.matches ? 'dark' : 'light';
});

export const language = signal<Language>(firstLanguage());
export const theme = signal<Theme>(firstTheme());

/** What is to be shown: the choice, or the system's. */
const shownTheme = computed(() => (theme.value === 'system' ? systemTheme.value : theme.value));
/** The theme whose colours the page's style has by now: what reads colours from it follows this one. */
export const styledTheme = signal<'light' | 'dark'>(shownTheme.peek());
export const text = computed(() => (language.value === 'ja' ? ja : en));
export const format = computed(() => formatFor(language.value));

export function chooseLanguage(choice: Language): void {
  language.value = choice;
  remember(LANGUAGE_KEY, choice);
}

export function chooseTheme(choice: Theme): void {
  theme.value = choice;
  remember(THEME_KEY, choice);
}

effect(() => {
  document.documentElement.lang = language.value;
  document.title = shownPage.value === 'fleet' ? text.value.fleet.title : text.value.title;
});

effect(() => {
  document.documentElement.dataset.theme = shownTheme.value;
  styledTheme.value = shownTheme.value;
});

function firstLanguage(): Language {
  const remembered = recall(LANGUAGE_KEY);
  if (remembered === 'ja' || remembered === 'en') return remembered;
  return navigator.language.toLowerCase().startsWith('ja') ? 'ja' : 'en';
}

function firstTheme(): Theme {
  const remembered = recall(THEME_KEY);
  return remembered === 'light' || remembered === 'dark' ? remembered : 'system';
}

// A browser may refuse storage (private windows, policies); the choice then lasts as long as the page.
function recall(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {}
}
