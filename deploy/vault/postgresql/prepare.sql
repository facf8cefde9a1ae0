-- Run once by an administrator of the server, in the store's database, before `tashika vault apply`. PostgreSQL 16 or
-- later: there, who may create users has no power over other people's. Run again, it changes nothing.

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['tashika_owner', 'tashika_api', 'tashika_connect'] LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
      EXECUTE format('CREATE ROLE %I NOLOGIN', name);
    END IF;
  END LOOP;
  -- Vault itself. Its password is set apart from this file, and replaced by Vault at once.
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'tashika_vault') THEN
    CREATE ROLE tashika_vault LOGIN CREATEROLE;
  END IF;

  -- Who is none of us does not get in.
  EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database());
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO tashika_connect', current_database());

  -- Nobody logs in as the owner. Vault's users for workers act as it, so that what one of them makes is the next one's too.
  EXECUTE format('ALTER DATABASE %I OWNER TO tashika_owner', current_database());
END $$;

GRANT tashika_connect TO tashika_vault WITH ADMIN TRUE, INHERIT TRUE, SET FALSE;
GRANT tashika_owner TO tashika_vault WITH ADMIN TRUE, INHERIT FALSE, SET TRUE;
GRANT tashika_api TO tashika_vault WITH ADMIN TRUE, INHERIT FALSE, SET FALSE;
-- A session outlives its user: whoever takes a user away has to end its sessions too.
GRANT pg_signal_backend TO tashika_vault WITH INHERIT TRUE, SET FALSE;

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO tashika_owner;
GRANT USAGE ON SCHEMA public TO tashika_api;

-- The API reads all, takes what was set aside into the counts, and notes whose receipts were asked for. It makes, alters
-- and empties no table, and deletes rows of one table alone (create-api-grant.sql).
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO tashika_api;
ALTER DEFAULT PRIVILEGES FOR ROLE tashika_owner IN SCHEMA public GRANT SELECT, INSERT, UPDATE ON TABLES TO tashika_api;
