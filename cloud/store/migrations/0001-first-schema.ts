import type { Migration } from './migration.ts';

export const firstSchema: Migration = {
  id: 1,
  name: 'ledger, windows, partitions, devices, dead letters',
  sql: `
-- Who owns a partition, how far it is committed, and its watermark. One row a partition, so that the
-- fence, the checkpoint and the watermark move together or not at all.
CREATE TABLE partition (
  namespace       text   NOT NULL,
  hub             text   NOT NULL,
  consumer_group  text   NOT NULL,
  partition_id    text   NOT NULL,
  hub_created_at  timestamptz NOT NULL DEFAULT 'epoch',  -- tells a hub from one made anew under its name; epoch: not asked yet
  owner_id        text   NOT NULL DEFAULT '',
  etag            text   NOT NULL DEFAULT '',
  owned_at        timestamptz,
  sequence_number bigint,                 -- checkpoint: the last event committed
  "offset"        text,
  watermark       timestamptz,            -- NULL until the partition has been read or seen idle
  last_arrival    timestamptz,            -- enqueued time of the last event committed
  progressed_at   timestamptz,            -- when the worker last committed an event or saw the partition idle
  -- totals since the store began
  events          bigint NOT NULL DEFAULT 0,
  readings        bigint NOT NULL DEFAULT 0,   -- fresh ones, counted into windows
  duplicates      bigint NOT NULL DEFAULT 0,   -- readings seen again, not counted
  late            bigint NOT NULL DEFAULT 0,   -- readings counted into a window that was already final
  dead_letters    bigint NOT NULL DEFAULT 0,
  skipped         bigint NOT NULL DEFAULT 0,   -- events the hub no longer had (retention) when they were due
  PRIMARY KEY (namespace, hub, consumer_group, partition_id)
);

-- Which sequence numbers of a stream have been counted. The key is the SIM that the network vouches for
-- and the stream the payload names.
CREATE TABLE ledger (
  imsi        text           NOT NULL,
  stream      text           NOT NULL,
  received    int8multirange NOT NULL DEFAULT '{}',
  lost        int8multirange NOT NULL DEFAULT '{}',  -- told by the device; received numbers are taken out
  held        bigint         NOT NULL DEFAULT 0,     -- readings still in the spool, by the latest post
  held_at     timestamptz,                           -- the envelope's timestamp of that post
  updated_at  timestamptz    NOT NULL,
  PRIMARY KEY (imsi, stream)
);

CREATE TABLE window_region (
  window_end  timestamptz NOT NULL,
  region      text        NOT NULL,
  readings    bigint      NOT NULL,
  events      bigint      NOT NULL,       -- posts, each counted once, in the window of its first fresh reading
  late        bigint      NOT NULL,       -- readings that came after the window was final
  revision    integer     NOT NULL,       -- 0 until a final window changes
  change_id   bigint      NOT NULL,       -- change_cursor.id of the commit that touched the row last
  PRIMARY KEY (window_end, region)
);
CREATE INDEX window_region_change ON window_region (change_id);
CREATE INDEX window_region_by_region ON window_region (region, window_end);

CREATE TABLE window_value (
  window_end  timestamptz      NOT NULL,
  region      text             NOT NULL,
  sensor      text             NOT NULL,  -- the SenML name
  unit        text             NOT NULL,  -- '' where the record has none
  count       bigint           NOT NULL,
  sum         double precision NOT NULL,
  min         double precision NOT NULL,
  max         double precision NOT NULL,
  PRIMARY KEY (window_end, region, sensor, unit)
);

CREATE TABLE device (
  imsi         text        PRIMARY KEY,
  imei         text,
  region       text        NOT NULL,
  last_seen    timestamptz NOT NULL,      -- enqueued time of its latest post
  last_values  jsonb       NOT NULL DEFAULT '{}',  -- {"<sensor>": {"value", "unit", "time"}}
  clock        text,                      -- synced, relative or uncertain, by its latest post
  posts        bigint      NOT NULL DEFAULT 0
);
CREATE INDEX device_last_seen ON device (last_seen);

CREATE TABLE dead_letter (
  id              bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  reason          text        NOT NULL,
  detail          text        NOT NULL,
  received_at     timestamptz NOT NULL,   -- enqueued time
  imsi            text,
  namespace       text        NOT NULL,
  hub             text        NOT NULL,
  hub_created_at  timestamptz NOT NULL DEFAULT 'epoch',  -- as in partition: a hub made anew counts from 0 again
  partition_id    text        NOT NULL,
  sequence_number bigint      NOT NULL,
  body            bytea       NOT NULL,
  redriven_at     timestamptz,            -- set when it has been counted after all
  UNIQUE (namespace, hub, hub_created_at, partition_id, sequence_number)
);
CREATE INDEX dead_letter_open ON dead_letter (reason, id) WHERE redriven_at IS NULL;

-- The number of the latest change that a dashboard can see. A commit takes the next one as its last
-- statement, so changes become visible in the order of their numbers.
CREATE TABLE change_cursor (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  id       bigint  NOT NULL
);
INSERT INTO change_cursor (id) VALUES (0);

-- The combined watermark: the slowest partition decides; NULL while one has not been seen yet.
CREATE VIEW watermark AS
  SELECT CASE WHEN count(*) = count(watermark) THEN min(watermark) END AS watermark FROM partition;

-- Counts per region and minute, for Power BI, Grafana and the API.
CREATE VIEW window_counts AS
  SELECT w.window_end, w.region, w.readings, w.events, w.late, w.revision,
         CASE WHEN m.watermark IS NULL OR w.window_end > m.watermark THEN 'provisional'
              WHEN w.revision > 0 THEN 'revised'
              ELSE 'final' END AS state,
         w.change_id
    FROM window_region w CROSS JOIN watermark m;
`,
};
