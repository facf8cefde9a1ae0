DO $$ BEGIN
  SET LOCAL ROLE tashika_owner;
  -- What is older than a signature is good for goes. The table is there once a worker has made the schema.
  IF to_regclass('public.receipt_request') IS NOT NULL
     AND NOT has_table_privilege('tashika_api', 'public.receipt_request', 'DELETE') THEN
    GRANT DELETE ON public.receipt_request TO tashika_api;
  END IF;
  RESET ROLE;
END $$
