import { MINUTE } from '../model/minute.ts';
import { age, hasData, isStale, live, watermarkState } from '../page/live-feed.ts';
import { format, text } from '../page/preferences.ts';

/** What an operator must know before reading any number below. */
export function Notices() {
  if (!hasData.value) {
    return (
      <p class="notice" data-testid="waiting">
        {text.value.waiting}
      </p>
    );
  }
  if (isStale.value) {
    return (
      <p class="notice bad" data-testid="stale" data-age-seconds={Math.floor(age.value / 1000)}>
        {text.value.stale(format.value.counter(age.value))}
      </p>
    );
  }
  return <WatermarkNotice />;
}

function WatermarkNotice() {
  const { watermark, asOf } = live.value;
  if (watermarkState.value === 'current') return null;
  return (
    <p class="notice warn" role="status" data-testid="watermark-notice" data-state={watermarkState.value}>
      {watermark === null
        ? text.value.watermarkAbsent
        : text.value.watermarkLagging(
            format.value.duration(asOf - watermark),
            format.value.minute(Math.floor(watermark / MINUTE) * MINUTE),
          )}
    </p>
  );
}
