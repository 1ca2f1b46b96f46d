import { type TestDatabase, withClient } from "../../../helpers/database.ts";

/** Bytes of a table with its partitions, their indexes and what is stored aside. */
export type Sizes = Map<string, { rows: number; bytes: number; fresh: number }>;

/** In which order rows come to be. */
const orders: Record<string, string> = { job_end: "finished_at", job_steps: "at" };

/**
 * Sizes of all tables of ours and of the broker's, beside those of copies into which the same rows were inserted in the
 * order in which they once were.
 */
export async function compareSizes(db: TestDatabase): Promise<Sizes> {
  return await withClient(db.urls.admin, async (client) => {
    const { rows: tables } = await client.query<{
      name: string;
      parent: string;
      columns: string;
      key: string;
    }>(`
      select c.oid::regclass::text as name, coalesce(i.inhparent, c.oid)::regclass::text as parent,
        (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
         where attrelid = c.oid and attnum > 0 and not attisdropped and attgenerated = '') as columns,
        (select string_agg(quote_ident(a.attname), ', ' order by a.attname <> 'id', a.attnum) from pg_attribute a
         join pg_index x on x.indrelid = a.attrelid and x.indisprimary and a.attnum = any(x.indkey::int2[])
         where a.attrelid = c.oid) as key
      from pg_class c left join pg_inherits i on i.inhrelid = c.oid
      where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('rowlock', 'rowlock_private', 'graphile_worker')
      order by 1`);
    const sizes: Sizes = new Map();
    await client.query("begin isolation level repeatable read; create schema fresh");
    for (const [index, { name, parent, columns, key }] of tables.entries()) {
      const short = parent.replace(/^rowlock\./, "");
      const copy = `fresh.t${index}`;
      await client.query(`create table ${copy} (like ${name} including all)`);
      const order = orders[short] ?? key;
      const { rowCount } = await client.query(
        `insert into ${copy} (${columns}) overriding system value select ${columns} from ${name} ${order ? `order by ${order}` : ""}`,
      );
      const { rows } = await client.query<{ bytes: string; fresh: string }>(
        "select pg_total_relation_size($1::regclass)::text as bytes, pg_total_relation_size($2::regclass)::text as fresh",
        [name, copy],
      );
      const known = sizes.get(short) ?? { rows: 0, bytes: 0, fresh: 0 };
      sizes.set(short, {
        rows: known.rows + (rowCount ?? 0),
        bytes: known.bytes + Number(rows[0]?.bytes),
        fresh: known.fresh + Number(rows[0]?.fresh),
      });
    }
    await client.query("rollback");
    return sizes;
  });
}

export function total(sizes: Sizes): { rows: number; bytes: number; fresh: number } {
  const sum = { rows: 0, bytes: 0, fresh: 0 };
  for (const { rows, bytes, fresh } of sizes.values()) {
    sum.rows += rows;
    sum.bytes += bytes;
    sum.fresh += fresh;
  }
  return sum;
}
