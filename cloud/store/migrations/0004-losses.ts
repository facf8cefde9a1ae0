import type { Migration } from './migration.ts';

export const losses: Migration = {
  id: 4,
  name: 'what is missing and lost as figures, receipts asked for',
  sql: `
-- What the ranges of a row come to, written with them, so that completeness is a sum over plain columns. A number
-- up to the highest known one is received, lost or missing: missing_count = through - received_count - lost_count.
ALTER TABLE ledger
  ADD COLUMN through        bigint NOT NULL DEFAULT 0,  -- the highest number received or told lost
  ADD COLUMN received_count bigint NOT NULL DEFAULT 0,
  ADD COLUMN missing_count  bigint NOT NULL DEFAULT 0,
  ADD COLUMN lost_count     bigint NOT NULL DEFAULT 0;

UPDATE ledger
   SET through = found.through, received_count = found.received, lost_count = found.lost,
       missing_count = found.through - found.received - found.lost
  FROM (SELECT imsi, stream, greatest(coalesce(upper(received), 1), coalesce(upper(lost), 1)) - 1 AS through,
               (SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM unnest(received) AS range) AS received,
               (SELECT coalesce(sum(upper(range) - lower(range)), 0) FROM unnest(lost) AS range) AS lost
          FROM ledger) AS found
 WHERE ledger.imsi = found.imsi AND ledger.stream = found.stream;

-- Every commit writes rows of these two, and nothing that it changes is in an index any more: while there is room in
-- their pages the new versions stay there, and no index is touched. The census of devices reads the whole table.
DROP INDEX device_last_seen;
ALTER TABLE device SET (fillfactor = 80);
ALTER TABLE ledger SET (fillfactor = 80);

-- How complete the readings of each region's devices are, for Power BI, Grafana, the API and the metrics.
CREATE VIEW region_completeness AS
  SELECT region, sum(devices) AS devices, sum(received) AS received, sum(missing) AS missing, sum(held) AS held,
         sum(lost) AS lost,
         coalesce((sum(received) / nullif(sum(received) + sum(missing) + sum(held) + sum(lost), 0))::float8, 1)
           AS completeness
    FROM (SELECT region, count(*) AS devices, 0 AS received, 0 AS missing, 0 AS held, 0 AS lost
            FROM device GROUP BY region
          UNION ALL
          SELECT region, 0, sum(received_count), sum(missing_count), sum(held), sum(lost_count)
            FROM ledger JOIN device USING (imsi) GROUP BY region) AS part
   GROUP BY region;

-- Receipts that have been asked for, so that no signed request is answered twice. Nothing of it outlives the time
-- that a signature is good for, so it needs neither the write-ahead log nor a wait for the disk.
CREATE UNLOGGED TABLE receipt_request (
  signature bytea       PRIMARY KEY,
  asked_at  timestamptz NOT NULL
);
`,
};
