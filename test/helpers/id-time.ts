import type { TestDatabase } from "./database.ts";
import { asOwner } from "./organization.ts";

/** The time that ids of jobs, events and batches carry from now on: so many seconds from the real one. */
export type IdTime = { shift(seconds: number): Promise<void> };

/** Makes a test the master of the time in ids, by which periods go; all else about them stays as it is. */
export async function ownIdTime(db: TestDatabase): Promise<IdTime> {
  const [made] = await asOwner<{ text: string }>(
    db,
    "select pg_get_functiondef('rowlock.uuid7'::regproc) as text",
  );
  return {
    async shift(seconds) {
      const by = `interval '${seconds} seconds'`;
      const text = (made?.text ?? "")
        .replace("uuidv7()", `uuidv7(${by})`)
        .replace("clock_timestamp()", `(clock_timestamp() + ${by})`);
      await asOwner(db, text);
    },
  };
}
