import type { Timestamp } from '@tashika/shared/time';
import type { HubEvent } from './hub.ts';
import type { Settings } from './model.ts';

/** An event that reached a worker, and when it is held to have arrived: in the hub, or now when it is driven again. */
export interface Delivery {
  readonly event: HubEvent;
  readonly arrivedAt: Timestamp;
}

/**
 * The promise in its shortest form: every number of every stream that reached a worker, once, with its region and the
 * time at which it was taken. Order, workers and watermarks do not matter.
 */
export function distinctReadings(
  deliveries: Iterable<Delivery>,
  { earlyToleranceMs, windowsKeptMs }: Settings,
): readonly { readonly region: string; readonly time: Timestamp }[] {
  const readings = new Map<string, { region: string; time: Timestamp }>();
  for (const { event, arrivedAt } of deliveries) {
    const { meaning } = event;
    if (meaning.is === 'poison' || (meaning.is === 'post' && meaning.unstorable)) continue;
    const { region } = meaning;
    const taken: [string, Timestamp][] =
      meaning.is === 'talk'
        ? [[`event ${event.partitionId}/${event.sequenceNumber}`, meaning.sentAt]]
        : meaning.readings.map(({ time }, index) => [`${meaning.imsi}/${meaning.stream}/${meaning.seq + index}`, time]);
    for (const [identity, time] of taken)
      if (time <= arrivedAt + earlyToleranceMs && time > arrivedAt - (windowsKeptMs ?? Number.POSITIVE_INFINITY))
        readings.set(identity, { region, time });
  }
  return [...readings.values()];
}
