import type { Row, Target } from "../arena.ts";
import { type Column, quote, type Relation } from "../catalogue.ts";
import { newId, type Side } from "../side.ts";

/** SQL texts against one table; values are written into them as literals, for they are our own. */

/** All that may be read; where nothing may, everything, which must be refused. */
export function readable({ columns }: Relation): string[] {
  const may = columns.filter((column) => column.select);
  return (may.length > 0 ? may : columns).map((column) => column.name);
}

export function selectList(relation: Relation): string {
  return readable(relation).map(quote).join(", ");
}

/** A column that may be changed; else the first of the key, which must be refused. */
export function changeable({ columns, key }: Relation): string {
  const may = columns.filter((column) => column.update);
  return quote((may.find((column) => !key.includes(column.name)) ?? may[0])?.name ?? key[0] ?? "id");
}

export function hasKey(relation: Relation, row: Row): string {
  return relation.key.map((name) => `${quote(name)} = ${literal(row[name] ?? null)}`).join(" and ");
}

export function insert(relation: Relation, row: Row, end = ""): string {
  const columns = given(relation, row);
  const values = columns.map(({ name }) => literal(row[name] ?? null));
  return `insert into ${relation.name} (${columns.map((one) => quote(one.name)).join(", ")}) values (${values.join(", ")}) ${end}`;
}

export function upsert(relation: Relation, row: Row): string {
  const column = changeable(relation);
  return insert(
    relation,
    row,
    `on conflict (${relation.key.map(quote).join(", ")}) do update set ${column} = excluded.${column}`,
  );
}

export function mergeInto(relation: Relation, row: Row): string {
  const column = changeable(relation);
  return `merge into ${relation.name} t using (values (1)) v on ${hasKey(relation, row)}
    when matched then update set ${column} = t.${column}`;
}

export function mergeAsNew(relation: Relation, row: Row): string {
  const columns = given(relation, row);
  const values = columns.map(({ name }) => literal(row[name] ?? null));
  return `merge into ${relation.name} t using (values (1)) v on false
    when not matched then insert (${columns.map((one) => quote(one.name)).join(", ")}) values (${values.join(", ")})`;
}

/** Another row of the same kind: a new id, other texts, the same parents. */
export function freshFrom({ seed }: Target, row: Row, side: Side): Row {
  const changed = Object.entries(row).map(([name, value]) => {
    if (name === "id" && seed?.table !== "rowlock.organizations") return [name, newId()];
    return [name, value?.replaceAll(side.canary, `${side.canary}-${newId().slice(-6)}`) ?? null];
  });
  return { ...Object.fromEntries(changed), ...seed?.fresh?.(side) } as Row;
}

export function literal(value: string | null): string {
  return value === null ? "null" : `'${value.replaceAll("'", "''")}'`;
}

/** The organization a row belongs to is in this column, if it is in any. */
export function organizationColumn(relation: Relation): string | undefined {
  if (relation.name === "rowlock.organizations") return "id";
  return relation.columns.find((column) => column.name === "organization_id")?.name;
}

/** A row of one's own and one of the other's; undefined for a table that lacks either (that is a finding already). */
export function firstRows(target: Target): { own: Row; foreign: Row } | undefined {
  const [own, foreign] = [target.own[0] ?? target.shared[0], target.foreign[0]];
  return own === undefined || foreign === undefined ? undefined : { own, foreign };
}

function given(relation: Relation, row: Row): Column[] {
  return relation.columns.filter(({ name }) => row[name] !== null && row[name] !== undefined);
}
