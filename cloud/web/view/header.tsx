import { connection, hasData, isStale, monotonic, now, retryNow } from '../page/live-feed.ts';
import { chooseLanguage, chooseTheme, format, language, text, theme } from '../page/preferences.ts';
import { Choice } from './choice.tsx';
import { Pages } from './pages.tsx';

export function Header() {
  return (
    <header class="top">
      <h1>
        Tashika <span lang="ja">確か</span>
      </h1>
      <Pages />
      <p class="tagline">{text.value.tagline}</p>
      <Connection />
      <ServerClock />
      <div class="preferences">
        <Choice
          label={text.value.language}
          name="language"
          value={language.value}
          options={[
            { value: 'ja', text: '日本語', lang: 'ja' },
            { value: 'en', text: 'English', lang: 'en' },
          ]}
          onChoose={chooseLanguage}
        />
        <Choice
          label={text.value.theme.label}
          name="theme"
          value={theme.value}
          options={(['system', 'light', 'dark'] as const).map((value) => ({ value, text: text.value.theme[value] }))}
          onChoose={chooseTheme}
        />
      </div>
    </header>
  );
}

/** Live, stale or lost. Only the word is announced; the countdown beside it is for the eye. */
function Connection() {
  const { phase } = connection.value;
  const words = text.value.connection;
  const state = phase === 'live' && isStale.value ? 'stale' : phase;
  return (
    <div class="connection" data-testid="connection" data-state={state}>
      <span class="lamp" aria-hidden="true" />
      <span role="status">{words[state]}</span>
      {phase === 'lost' && (
        <>
          <span class="countdown">{retryText()}</span>
          <button type="button" class="plain" onClick={retryNow}>
            {words.retryNow}
          </button>
        </>
      )}
    </div>
  );
}

function retryText(): string {
  const status = connection.value;
  const words = text.value.connection;
  if (status.phase !== 'lost' || status.retryAt === null || status.retryAt <= monotonic.value) return words.retrying;
  return words.retryingIn(format.value.counter(status.retryAt - monotonic.value + 999));
}

function ServerClock() {
  if (!hasData.value) return null;
  return (
    <p class="clock" data-testid="clock">
      <time>{format.value.clock(now.value)}</time>
      <span class="zone">{format.value.zone(now.value)}</span>
    </p>
  );
}
