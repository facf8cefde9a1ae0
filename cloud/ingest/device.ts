import { placeOfValue, type Sealing } from '../sealing/index.ts';
import type { Queryable } from '../store/index.ts';
import { type LastValues, mergeLastValues, type Sighting } from './sighting.ts';

/**
 * Writes what was learnt about devices. What a device is (region, clock, imei) follows its latest arrival, what it
 * measured follows the readings' own time.
 */
export async function saveSightings(
  transaction: Queryable,
  sightings: ReadonlyMap<string, Sighting>,
  sealing?: Sealing,
): Promise<void> {
  if (sightings.size === 0) return;
  const known = await lockDevices(transaction, [...sightings.keys()]);
  const unknown = [...sightings.values()].filter((sighting) => !known.has(sighting.imsi));
  if (unknown.length > 0) {
    await insertDevices(transaction, unknown);
    // Another worker may have met them at the same moment: what it wrote is merged with, not overwritten.
    const met = await lockDevices(
      transaction,
      unknown.map((sighting) => sighting.imsi),
    );
    for (const [imsi, values] of met) known.set(imsi, values);
  }
  await updateDevices(transaction, [...sightings.values()], known, sealing);
}

async function lockDevices(transaction: Queryable, imsis: readonly string[]): Promise<Map<string, LastValues>> {
  const rows = await transaction.query<{ imsi: string; last_values: LastValues }>(
    'SELECT imsi, last_values FROM device WHERE imsi = ANY ($1::text[]) ORDER BY imsi FOR UPDATE',
    [imsis],
  );
  return new Map(rows.map((row) => [row.imsi, row.last_values]));
}

async function insertDevices(transaction: Queryable, sightings: readonly Sighting[]): Promise<void> {
  await transaction.query(
    `INSERT INTO device (imsi, region, last_seen)
     SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS seen (imsi, region, last_seen) ORDER BY imsi
     ON CONFLICT DO NOTHING`,
    [
      sightings.map((sighting) => sighting.imsi),
      sightings.map((sighting) => sighting.region),
      sightings.map((sighting) => new Date(sighting.seenAt).toISOString()),
    ],
  );
}

async function updateDevices(
  transaction: Queryable,
  sightings: readonly Sighting[],
  known: ReadonlyMap<string, LastValues>,
  sealing: Sealing | undefined,
): Promise<void> {
  const sealFor = (imsi: string) =>
    sealing && ((name: string, json: string) => sealing.seal(json, placeOfValue(imsi, name)));
  await transaction.query(
    `UPDATE device
        SET imei = CASE WHEN seen.last_seen >= device.last_seen THEN coalesce(seen.imei, device.imei)
                        ELSE coalesce(device.imei, seen.imei) END,
            region = CASE WHEN seen.last_seen >= device.last_seen THEN seen.region ELSE device.region END,
            clock = CASE WHEN seen.last_seen >= device.last_seen THEN coalesce(seen.clock, device.clock)
                         ELSE coalesce(device.clock, seen.clock) END,
            last_seen = greatest(seen.last_seen, device.last_seen),
            last_values = seen.last_values,
            posts = device.posts + seen.posts
       FROM jsonb_to_recordset($1::jsonb)
         AS seen (imsi text, imei text, region text, last_seen timestamptz, last_values jsonb, clock text, posts int8)
      WHERE device.imsi = seen.imsi`,
    // One JSON document, not arrays: PostgreSQL reads JSON inside an array four times as slowly.
    [
      JSON.stringify(
        sightings.map(({ imsi, imei, region, seenAt, clock, posts, readings }) => ({
          imsi,
          imei,
          region,
          last_seen: new Date(seenAt).toISOString(),
          last_values: mergeLastValues(known.get(imsi) ?? {}, readings.values(), sealFor(imsi)),
          clock,
          posts,
        })),
      ),
    ],
  );
}
