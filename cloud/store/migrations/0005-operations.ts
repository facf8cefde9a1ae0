import type { Migration } from './migration.ts';

export const operations: Migration = {
  id: 5,
  name: 'what workers see of the hub, counts of dead letters, trimming by age',
  sql: `
-- What a worker saw of a partition when it last looked, once a second. Apart from \`partition\`, whose rows commits lock.
CREATE TABLE partition_watch (
  namespace       text        NOT NULL,
  hub             text        NOT NULL,
  consumer_group  text        NOT NULL,
  partition_id    text        NOT NULL,
  sequence_number bigint,                     -- the checkpoint at that time
  last_enqueued   bigint,                     -- the hub's last event at that time; NULL where the partition was empty
  backlog         bigint      NOT NULL DEFAULT 0,
  since           timestamptz NOT NULL,       -- when the checkpoint last moved, or there was nothing to commit
  looked_at       timestamptz,                -- NULL until a worker has looked
  PRIMARY KEY (namespace, hub, consumer_group, partition_id)
) WITH (fillfactor = 50);
INSERT INTO partition_watch (namespace, hub, consumer_group, partition_id, since)
  SELECT namespace, hub, consumer_group, partition_id, clock_timestamp() FROM partition;

-- How each running worker stands with the hub. One that ended in good order has no row; one that was killed has an old one.
CREATE TABLE worker (
  worker_id       text        PRIMARY KEY,
  looked_at       timestamptz NOT NULL,
  trouble_code    text,                       -- why the hub does not answer it; NULL while it does
  trouble         text,
  trouble_since   timestamptz
);

LOCK TABLE dead_letter IN SHARE ROW EXCLUSIVE MODE; -- none is added between the count and the triggers

-- How many dead letters there are, by reason, as differences that are summed up and now and then folded into one row:
-- rows are only added, so that two commits never wait for each other here.
CREATE TABLE dead_letter_count (
  reason          text        NOT NULL,
  open            bigint      NOT NULL,
  redriven        bigint      NOT NULL
);
INSERT INTO dead_letter_count (reason, open, redriven)
  SELECT reason, count(*) FILTER (WHERE redriven_at IS NULL), count(redriven_at) FROM dead_letter GROUP BY reason;

CREATE FUNCTION count_dead_letters_added() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO dead_letter_count (reason, open, redriven)
    SELECT reason, count(*) FILTER (WHERE redriven_at IS NULL), count(redriven_at) FROM added GROUP BY reason;
  RETURN NULL;
END $$;
CREATE FUNCTION count_dead_letters_removed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO dead_letter_count (reason, open, redriven)
    SELECT reason, -count(*) FILTER (WHERE redriven_at IS NULL), -count(redriven_at) FROM removed GROUP BY reason;
  RETURN NULL;
END $$;
CREATE FUNCTION count_dead_letters_changed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  INSERT INTO dead_letter_count (reason, open, redriven)
    SELECT reason, sum(open), sum(redriven)
      FROM (SELECT reason, (redriven_at IS NULL)::int AS open, (redriven_at IS NOT NULL)::int AS redriven FROM added
            UNION ALL
            SELECT reason, -(redriven_at IS NULL)::int, -(redriven_at IS NOT NULL)::int FROM removed) AS difference
     GROUP BY reason HAVING sum(open) <> 0 OR sum(redriven) <> 0;
  RETURN NULL;
END $$;
CREATE FUNCTION count_dead_letters_anew() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  DELETE FROM dead_letter_count;
  RETURN NULL;
END $$;
CREATE TRIGGER dead_letter_added AFTER INSERT ON dead_letter
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters_added();
CREATE TRIGGER dead_letter_removed AFTER DELETE ON dead_letter
  REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters_removed();
CREATE TRIGGER dead_letter_changed AFTER UPDATE ON dead_letter
  REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters_changed();
CREATE TRIGGER dead_letter_emptied AFTER TRUNCATE ON dead_letter
  FOR EACH STATEMENT EXECUTE FUNCTION count_dead_letters_anew();

CREATE VIEW dead_letter_counts AS
  SELECT reason, sum(open)::bigint AS open, sum(redriven)::bigint AS redriven FROM dead_letter_count GROUP BY reason;

CREATE INDEX dead_letter_open_by_id ON dead_letter (id) WHERE redriven_at IS NULL;
CREATE INDEX dead_letter_by_age ON dead_letter (received_at, id);
`,
};
