import type { TestDatabase } from "../../../helpers/database.ts";

export type Strays = { jobs: number; ends: number; steps: number; dependencies: number; batches: number };

/** Rows that have lost what they belong to. */
export async function countStrays(db: TestDatabase): Promise<Strays> {
  const without = (table: string, of: string, on: string) =>
    `(select count(*)::int from rowlock.${table} t where not exists (
       select from ${of} o where o.organization_id = t.organization_id and ${on}))`;
  const states =
    "(select organization_id, id from rowlock.live union all select organization_id, id from rowlock.job_end)";
  const { rows } = await db.pool("admin").query<Strays>(
    `select ${without("job", states, "o.id = t.id")} as jobs, ${without("job_end", "rowlock.job", "o.id = t.id")} as ends,
       ${without("job_steps", "rowlock.job", "o.id = t.job_id")} as steps,
       ${without("dependencies", "rowlock.job", "o.id = t.job_id")} as dependencies,
       ${without("batches", "rowlock.job", "o.batch_id = t.id")} as batches`,
  );
  const [strays] = rows;
  if (strays === undefined) throw new Error("a select returned nothing");
  return strays;
}
