import { type TestDatabase, withClient } from "../../../helpers/database.ts";

export type Size = {
  rows: number;
  /** Bytes, with what is stored aside; the same rows freshly inserted. */
  table: number;
  freshTable: number;
  indexes: number;
  freshIndexes: number;
};

/** By table, partitions counted to theirs. */
export type Sizes = Map<string, Size>;

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
      const { rows } = await client.query<Omit<Size, "rows">>(
        `select pg_table_size(t)::float8 as table, pg_table_size(f)::float8 as "freshTable",
           pg_indexes_size(t)::float8 as indexes, pg_indexes_size(f)::float8 as "freshIndexes"
         from (select $1::regclass as t, $2::regclass as f) r`,
        [name, copy],
      );
      const size = { ...(rows[0] ?? nothing), rows: rowCount ?? 0 };
      sizes.set(short, add(sizes.get(short) ?? nothing, size));
    }
    await client.query("rollback");
    return sizes;
  });
}

const nothing: Size = { rows: 0, table: 0, freshTable: 0, indexes: 0, freshIndexes: 0 };

function add(a: Size, b: Size): Size {
  return {
    rows: a.rows + b.rows,
    table: a.table + b.table,
    freshTable: a.freshTable + b.freshTable,
    indexes: a.indexes + b.indexes,
    freshIndexes: a.freshIndexes + b.freshIndexes,
  };
}

export function total(sizes: Sizes): Size {
  return [...sizes.values()].reduce(add, nothing);
}

export function ratioOf({ table, freshTable, indexes, freshIndexes }: Size): number {
  return (table + indexes) / (freshTable + freshIndexes);
}

/** A line for each table of some size, and one for all. */
export function describeSizes(sizes: Sizes): string[] {
  const beside = (bytes: number, fresh: number) =>
    `${(bytes / 1e6).toFixed(1)} MB (${(fresh / 1e6).toFixed(1)})`;
  return [...sizes, ["all", total(sizes)] as const]
    .filter(([, { table, indexes }]) => table + indexes > 1e6)
    .map(([name, size]) => {
      const table = beside(size.table, size.freshTable);
      const indexes = beside(size.indexes, size.freshIndexes);
      return `${name}: ${ratioOf(size).toFixed(2)}; ${size.rows} rows, table ${table}, indexes ${indexes}`;
    });
}
