import type { Migration } from './migration.ts';

export const windowPolicies: Migration = {
  id: 2,
  name: 'window policies, and totals under Stream Analytics’ names',
  sql: `
-- How the windows of this store are counted: by one length, hop and policy for good. No row until the
-- first worker has come.
CREATE TABLE windowing (
  only_one  boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  length_ms bigint  NOT NULL,
  hop_ms    bigint  NOT NULL,
  policy    text    NOT NULL
);
INSERT INTO windowing (length_ms, hop_ms, policy)
SELECT 60000, 60000, 'revise' WHERE EXISTS (SELECT FROM partition) OR EXISTS (SELECT FROM window_region);

-- More totals since the store began. "late" stays: readings counted into a window that was already final.
ALTER TABLE partition
  ADD COLUMN late_input             bigint NOT NULL DEFAULT 0,  -- events with a reading that arrived after the late tolerance
  ADD COLUMN early_input            bigint NOT NULL DEFAULT 0,  -- events with a reading too far ahead of its arrival
  ADD COLUMN out_of_order           bigint NOT NULL DEFAULT 0,  -- events with a reading below the partition's watermark
  ADD COLUMN deserialization_errors bigint NOT NULL DEFAULT 0,  -- events that could not be decoded, placed or stored
  ADD COLUMN adjusted               bigint NOT NULL DEFAULT 0,  -- readings counted at a later time than their own
  ADD COLUMN dropped                bigint NOT NULL DEFAULT 0;  -- readings received and counted in no window
UPDATE partition
   SET early_input = refused.early, deserialization_errors = refused.others
  FROM (SELECT namespace, hub, partition_id,
               count(*) FILTER (WHERE reason = 'event-too-early') AS early,
               count(*) FILTER (WHERE reason <> 'event-too-early') AS others
          FROM dead_letter GROUP BY namespace, hub, partition_id) AS refused
 WHERE partition.namespace = refused.namespace AND partition.hub = refused.hub
   AND partition.partition_id = refused.partition_id;

-- The combined watermark, and the end of the last window that it makes final: under stream-analytics a
-- window that ends at the watermark can still grow.
CREATE OR REPLACE VIEW watermark AS
  SELECT combined.watermark,
         CASE WHEN (SELECT policy FROM windowing) = 'stream-analytics'
              THEN combined.watermark - interval '1 millisecond'
              ELSE combined.watermark END AS final_until
    FROM (SELECT CASE WHEN count(*) = count(watermark) THEN min(watermark) END AS watermark FROM partition) AS combined;

CREATE OR REPLACE VIEW window_counts AS
  SELECT w.window_end, w.region, w.readings, w.events, w.late, w.revision,
         CASE WHEN m.final_until IS NULL OR w.window_end > m.final_until THEN 'provisional'
              WHEN w.revision > 0 THEN 'revised'
              ELSE 'final' END AS state,
         w.change_id
    FROM window_region w CROSS JOIN watermark m;
`,
};
