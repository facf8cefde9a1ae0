import type { Migration } from './migration.ts';

export const fleet: Migration = {
  id: 8,
  name: 'images, rollouts, what updaters are told and say, what the gate looks at',
  sql: `
-- An image that was imported: what its build tells of it, and whether it may still be given out. Its bundle lies where
-- \`fleet.bundles\` says, under its SHA-256.
CREATE TABLE image (
  kind           text        NOT NULL,   -- agent or system
  version        text        NOT NULL,
  sha256         text        NOT NULL,   -- of the bundle, hex
  record         jsonb       NOT NULL,   -- as shared/image describes it
  sbom           text        NOT NULL,   -- SPDX, JSON
  imported_at    timestamptz NOT NULL,
  imported_by    text        NOT NULL,
  revoked_at     timestamptz,
  revoked_by     text,
  revoked_reason text,
  PRIMARY KEY (kind, version)
);

-- Which version each channel has now; what it had before is in the audit log.
CREATE TABLE image_channel (
  kind           text        NOT NULL,
  channel        text        NOT NULL,   -- dev, canary or stable
  version        text        NOT NULL,
  promoted_at    timestamptz NOT NULL,
  promoted_by    text        NOT NULL,
  PRIMARY KEY (kind, channel),
  FOREIGN KEY (kind, version) REFERENCES image
);

-- A device as its updater tells of itself. Its readings are known by its SIM.
CREATE TABLE fleet_device (
  tenant         text        NOT NULL,
  controller_id  text        NOT NULL,
  imsi           text,                                -- the SIM that it polled with last; NULL while none is known
  imsi_proved    boolean     NOT NULL DEFAULT false,  -- by Beam's signature; otherwise its updater claims it
  board          text,                                -- RAUC's compatible
  channel        text        NOT NULL DEFAULT 'stable',
  tags           text[]      NOT NULL DEFAULT '{}',
  time_zone      text        NOT NULL DEFAULT 'Asia/Tokyo',
  token_sha256   text,                                -- of its target token, hex; NULL where it has none
  agent_version  text,                                -- by its updater's word
  system_version text,
  attributes     jsonb       NOT NULL DEFAULT '{}',   -- all that its updater told last
  attributes_at  timestamptz,                         -- when; NULL where it is to tell them anew
  first_poll     timestamptz NOT NULL,                -- the epoch where it has not asked yet
  last_poll      timestamptz NOT NULL,
  PRIMARY KEY (tenant, controller_id)
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX fleet_device_imsi ON fleet_device (imsi) WHERE imsi IS NOT NULL;

CREATE TABLE rollout (
  id             text        PRIMARY KEY,
  tenant         text        NOT NULL,
  kind           text        NOT NULL,
  version        text        NOT NULL,
  plan           jsonb       NOT NULL,   -- frozen when it starts
  state          text        NOT NULL,
  wave           integer     NOT NULL,   -- the one under way, from 1; 0 before the start
  wave_since     timestamptz,            -- when the last device of the wave was done: the soak begins
  reason         text,                   -- of the state, in words
  since          timestamptz NOT NULL,   -- of the state
  gate           jsonb       NOT NULL DEFAULT '{}',   -- what the gate has seen so far
  gate_round     bigint      NOT NULL DEFAULT 0,      -- the last round that it has looked at
  verdict        jsonb,                  -- what it said of that round, and the round's end
  signals        jsonb       NOT NULL DEFAULT '[]',   -- how each signal stands since, with the worst devices
  paused_by      text,                   -- a person, or \`gate\`; NULL while it is not paused
  failing        jsonb,                  -- what halted it: {"signal","since","devices"}
  revision       bigint      NOT NULL DEFAULT 0,      -- counts with each change: two servers make no double step
  created_at     timestamptz NOT NULL,
  created_by     text        NOT NULL,
  approved_at    timestamptz,
  approved_by    text,
  started_at     timestamptz,
  ended_at       timestamptz,
  FOREIGN KEY (kind, version) REFERENCES image
);

-- The devices of a rollout, frozen when it starts.
CREATE TABLE rollout_device (
  rollout_id       text        NOT NULL REFERENCES rollout,
  controller_id    text        NOT NULL,
  wave             integer     NOT NULL,
  place            integer     NOT NULL DEFAULT 0,   -- in the order in which they are offered the image
  region           text,                 -- of its readings, when it was put into its wave
  board            text,
  state            text        NOT NULL,
  since            timestamptz NOT NULL,
  previous_version text,                 -- what it comes back to
  action_id        bigint,               -- the latest deployment_action of it
  updated_at       timestamptz,          -- when its readings first told the new version
  detail           text,
  PRIMARY KEY (rollout_id, controller_id)
) WITH (fillfactor = 80);
CREATE INDEX rollout_device_by_controller ON rollout_device (controller_id);

-- What a device is to install. The rollout writes what is wanted, the DDI routes write what became of it.
CREATE TABLE deployment_action (
  id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant         text        NOT NULL,
  controller_id  text        NOT NULL,
  rollout_id     text        NOT NULL REFERENCES rollout,
  purpose        text        NOT NULL,   -- update or rollback
  kind           text        NOT NULL,
  version        text        NOT NULL,
  state          text        NOT NULL,   -- open, canceling or closed
  outcome        text,                   -- success, failure or cancelled; NULL until it is closed
  maintenance    jsonb,                  -- {"from","to","timeZone"}; NULL is at any time
  daily_bytes    bigint,                 -- how much of the bundle may be served a day; NULL is all
  served_day     date,                   -- in UTC
  served_bytes   bigint      NOT NULL DEFAULT 0,   -- on that day
  beginnings     integer     NOT NULL DEFAULT 0,   -- how often its bundle was asked for from the first byte on
  progress       text,                   -- what the updater said last: download, downloaded, proceeding, …
  progress_at    timestamptz,
  detail         text,                   -- the updater's last words
  created_at     timestamptz NOT NULL,
  fetched_at     timestamptz,            -- when the updater first took it
  closed_at      timestamptz,
  FOREIGN KEY (kind, version) REFERENCES image
) WITH (fillfactor = 80);
CREATE UNIQUE INDEX deployment_action_under_way ON deployment_action (tenant, controller_id) WHERE state <> 'closed';
CREATE INDEX deployment_action_of_device ON deployment_action (tenant, controller_id, id);
CREATE INDEX deployment_action_of_rollout ON deployment_action (rollout_id, controller_id);

-- What updaters said, word for word.
CREATE TABLE action_feedback (
  id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  action_id      bigint      NOT NULL REFERENCES deployment_action,
  received_at    timestamptz NOT NULL,
  execution      text        NOT NULL,
  finished       text        NOT NULL,   -- success, failure or none
  details        text[]      NOT NULL
);
CREATE INDEX action_feedback_of_action ON action_feedback (action_id, id);
CREATE INDEX action_feedback_by_time ON action_feedback (received_at, id);   -- for retention

-- Every step of an image, a rollout or a device, and why.
CREATE TABLE fleet_audit (
  id             bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at             timestamptz NOT NULL,
  actor          text        NOT NULL,   -- who did it: a person, device:<controller id>, gate, rollout
  subject        text        NOT NULL,   -- image:<kind>/<version>, channel:<kind>/<channel>, rollout:<id>, device:<controller id>
  rollout_id     text,
  event          text        NOT NULL,
  from_state     text,
  to_state       text,
  reason         text        NOT NULL
);
CREATE INDEX fleet_audit_of_rollout ON fleet_audit (rollout_id, id);
CREATE INDEX fleet_audit_of_subject ON fleet_audit (subject, id);
CREATE INDEX fleet_audit_of_devices ON fleet_audit (at, id) WHERE subject LIKE 'device:%';   -- for retention

-- What the ledger and the devices' last words came to at the end of each round. Counts are since the device began.
CREATE TABLE fleet_sample (
  round          bigint      NOT NULL,   -- Unix time divided by fleet.sampleMs
  imsi           text        NOT NULL,
  region         text        NOT NULL,
  received       bigint      NOT NULL,   -- readings, over all streams
  missing        bigint      NOT NULL,
  lost           bigint      NOT NULL,
  held           bigint      NOT NULL,
  posts          bigint      NOT NULL,
  dead_letters   bigint      NOT NULL,   -- in this round alone
  last_seen      timestamptz NOT NULL,
  clock          text,
  starts         bigint,                 -- the reading agent/starts; NULL where the device tells none
  agent_version  text,                   -- the reading agent/version
  system_version text,                   -- the reading agent/system
  PRIMARY KEY (round, imsi)
);

-- What the gate saw of a rollout in each round, for the page.
CREATE TABLE fleet_signal (
  rollout_id     text             NOT NULL REFERENCES rollout,
  round          bigint           NOT NULL,
  at             timestamptz      NOT NULL,
  signal         text             NOT NULL,
  observed       double precision,         -- of the updated devices
  expected       double precision,         -- of them, by their own past and by their neighbours
  evidence       double precision NOT NULL, -- that they are worse: the gate halts where it reaches its threshold
  threshold      double precision NOT NULL,
  devices        integer          NOT NULL, -- updated devices that were looked at
  PRIMARY KEY (rollout_id, round, signal)
);
CREATE INDEX fleet_signal_by_time ON fleet_signal (at, rollout_id, round, signal);   -- for retention
`,
};
