import type pg from 'pg';
import { expect } from 'vitest';

/** A change of a partition's owner or checkpoint, in the order in which they became visible. */
export interface PartitionMove {
  readonly id: number;
  readonly partition: string;
  /** The process that made it, by the name that its connections bear. */
  readonly by: string;
  readonly ownerBefore: string;
  readonly owner: string;
  /** The checkpoint; -1 before the first commit. */
  readonly before: number;
  readonly after: number;
}

/**
 * The database's own record of who moved which partition: kept by a trigger, inside the transactions that move them,
 * so that no word of the workers is needed.
 */
export class PartitionJournal {
  readonly #database: pg.Pool;

  private constructor(database: pg.Pool) {
    this.#database = database;
  }

  /** The schema must be there. */
  static async open(database: pg.Pool): Promise<PartitionJournal> {
    await database.query(`
      CREATE TABLE partition_journal (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        partition    text   NOT NULL,
        by           text   NOT NULL,
        owner_before text   NOT NULL,
        owner        text   NOT NULL,
        before       bigint NOT NULL,
        after        bigint NOT NULL
      );
      CREATE FUNCTION note_partition() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        INSERT INTO partition_journal (partition, by, owner_before, owner, before, after)
        VALUES (new.partition_id, current_setting('application_name'), old.owner_id, new.owner_id,
                coalesce(old.sequence_number, -1), coalesce(new.sequence_number, -1));
        RETURN NULL;
      END $$;
      CREATE TRIGGER note_partition AFTER UPDATE ON partition FOR EACH ROW
        WHEN (old.owner_id <> new.owner_id OR old.sequence_number IS DISTINCT FROM new.sequence_number)
        EXECUTE FUNCTION note_partition();`);
    return new PartitionJournal(database);
  }

  /** @param since only what came after the move of this id */
  async moves(since = 0): Promise<PartitionMove[]> {
    const { rows } = await this.#database.query<PartitionMove>(
      `SELECT id::float8, partition, by, owner_before AS "ownerBefore", owner, before::float8, after::float8
         FROM partition_journal WHERE id > $1 ORDER BY id`,
      [since],
    );
    return rows;
  }

  /** The id of the latest move. */
  async latest(): Promise<number> {
    return (await this.moves()).at(-1)?.id ?? 0;
  }

  /**
   * Asserts the fence: checkpoints only went forward, and each was moved by the process that owned the partition.
   *
   * @param nameOf the name that the connections of an owner's process bear
   */
  async assertFenced(nameOf: (owner: string) => string | undefined): Promise<void> {
    const wrong = (await this.moves()).filter(
      ({ by, owner, before, after }) => after < before || (after > before && nameOf(owner) !== by),
    );
    expect(wrong).toEqual([]);
  }
}
