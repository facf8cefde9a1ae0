DO $$
DECLARE
  -- The sessions of a role that is gone have no name any more.
  id oid := (SELECT oid FROM pg_roles WHERE rolname = '{{name}}');
BEGIN
  IF id IS NOT NULL THEN
    DROP ROLE "{{name}}";
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE usesysid = id;
  END IF;
END $$
