import { formatAddress } from '../model/address.ts';
import { shownPage } from '../page/address.ts';
import { text } from '../page/preferences.ts';
import { selectedCode } from '../page/selection.ts';

/** The way from one page to the other: links, so that the browser's back works and either can be sent to a colleague. */
export function Pages() {
  const words = text.value.pages;
  const pages = [
    { page: 'counts', href: formatAddress({ page: 'counts', region: selectedCode.value }) },
    { page: 'fleet', href: formatAddress({ page: 'fleet', rollout: null }) },
  ] as const;
  return (
    <nav class="pages" aria-label={words.label}>
      {pages.map(({ page, href }) => (
        <a
          key={page}
          href={href}
          aria-current={shownPage.value === page ? 'page' : undefined}
          data-testid={`page-${page}`}
        >
          {words[page]}
        </a>
      ))}
    </nav>
  );
}
