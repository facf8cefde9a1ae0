import { MINUTE } from '../model/minute.ts';
import { isOfPartition, standingOf } from '../model/standing.ts';
import { age, hasData, isStale, live, watermarkState } from '../page/live-feed.ts';
import { format, text } from '../page/preferences.ts';
import { conditions } from '../page/standing.ts';

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
  return (
    <>
      <Conditions />
      <WatermarkNotice />
      <WindowingNotice />
    </>
  );
}

/** What keeps readings from being counted: a partition that stands still is named. */
export function Conditions() {
  const { clock } = format.value;
  const standing = standingOf(conditions.value);
  return (
    <>
      {standing && (
        <p class="notice bad" role="status" data-testid="standing" data-partitions={standing.partitions.join(' ')}>
          {standing.partitions.length === 1
            ? text.value.partitionStands(standing.partitions[0]!, clock(standing.since))
            : text.value.partitionsStand(standing.partitions.join(', '), clock(standing.since))}
        </p>
      )}
      {conditions.value
        .filter((condition) => !isOfPartition(condition))
        .map(({ type, since, detail }) => (
          <p key={`${type} ${detail}`} class="notice bad" role="status" data-testid="condition" data-type={type}>
            {text.value.conditions[type]?.(clock(Date.parse(since))) ?? detail}
          </p>
        ))}
    </>
  );
}

/** The page is made of minutes; a store that counts otherwise is told of, not shown wrong in silence. */
function WindowingNotice() {
  const { windowing } = live.value;
  if (!windowing || (windowing.lengthMs === MINUTE && windowing.hopMs === MINUTE)) return null;
  const { counter } = format.value;
  return (
    <p class="notice warn" data-testid="windowing-notice">
      {text.value.otherWindows(counter(windowing.lengthMs), counter(windowing.hopMs))}
    </p>
  );
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
