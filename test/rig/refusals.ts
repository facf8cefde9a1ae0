import type { Cluster } from './cluster.ts';

/** Commits that the database refused. */
export interface Refusals {
  /** How many so far. */
  raised(): Promise<number>;
}

/**
 * Makes the database refuse commits: the n-th change that a worker writes ends with the SQLSTATE `codes[n]`, or
 * passes where that is null. After the last one all pass. The workers must have made the schema already.
 *
 * @param when with the statement that takes the number of the change, or not before COMMIT
 */
export async function refuseCommits(
  cluster: Cluster,
  codes: readonly (string | null)[],
  when: 'statement' | 'commit',
): Promise<Refusals> {
  const array = codes.map((code) => code ?? 'NULL').join(',');
  await cluster.query(`
    CREATE SEQUENCE met_${when};
    CREATE FUNCTION refuse_${when}() RETURNS trigger LANGUAGE plpgsql AS $$
      DECLARE code text := ('{${array}}'::text[])[nextval('met_${when}')]; -- a sequence is not rolled back
      BEGIN
        IF code IS NOT NULL THEN RAISE EXCEPTION 'refused by the test' USING ERRCODE = code; END IF;
        RETURN NULL;
      END $$;
    CREATE CONSTRAINT TRIGGER refuse_${when} AFTER UPDATE ON change_cursor
      DEFERRABLE INITIALLY ${when === 'commit' ? 'DEFERRED' : 'IMMEDIATE'}
      FOR EACH ROW EXECUTE FUNCTION refuse_${when}()`);
  return {
    async raised() {
      const [row] = await cluster.query<{ met: string }>(
        `SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS met FROM met_${when}`,
      );
      return codes.slice(0, Number(row!.met)).filter((code) => code !== null).length;
    },
  };
}
