import type { Pool } from "pg";
import { type TestDatabase, withClient } from "../helpers/database.ts";
import { quote, type Relation, readRelations } from "./catalogue.ts";
import { type Seed, seeds } from "./seeds.ts";
import { everyone, makeSide, type Side } from "./side.ts";

/** A row with every value as text, as Postgres writes it. */
export type Row = Record<string, string | null>;
export type Target = Relation & {
  seed: Seed | undefined;
  /** Rows of the attacker's organization, of the attacked one, and of everybody. */
  own: Row[];
  foreign: Row[];
  shared: Row[];
};

/** A database with two organizations that hold a canary in every table. North attacks, south is attacked. */
export type Arena = {
  db: TestDatabase;
  north: Side;
  south: Side;
  targets: Target[];
  partitions: Relation[];
  /** Tables that lack what the suite needs to attack them. */
  unprepared: { about: string; what: string }[];
};

const applicationTables = `
  create table app.notes (
    organization_id uuid not null default rowlock.claimed_organization(), id uuid not null default rowlock.uuid7(),
    title text not null check (title <> ''), mood jsonb,
    primary key (organization_id, id), unique (organization_id, title));
  create table app.remarks (
    organization_id uuid not null default rowlock.claimed_organization(), id uuid not null default rowlock.uuid7(),
    note_id uuid not null, body text not null, primary key (organization_id, id),
    foreign key (organization_id, note_id) references app.notes on delete cascade);
  select rowlock.protect_table(t) from unnest('{app.notes,app.remarks}'::regclass[]) t;
  grant select, insert, update, delete on app.notes, app.remarks to rowlock_tenant`;

/** The least of an organization who reads the table's rows; undefined when nobody does. */
export function readerOf({ seed }: Target): "viewer" | "owner" | undefined {
  if (seed?.readers === "nobody") return undefined;
  return seed?.readers === "administrators" ? "owner" : "viewer";
}

export async function prepareArena(db: TestDatabase): Promise<Arena> {
  await makeApplicationSchema(db);
  const sides = { north: makeSide("north"), south: makeSide("south") };
  await insertSeeds(db, await readRelations(db.pool("admin")), sides.north, sides.south);
  return await lookAround(db, sides);
}

/** Reads from the catalogue what there is to attack, and from the tables whose it is. */
export async function lookAround(
  db: TestDatabase,
  { north, south }: { north: Side; south: Side },
): Promise<Arena> {
  const admin = db.pool("admin");
  const relations = await readRelations(admin);
  const unprepared: Arena["unprepared"] = [];
  const targets: Target[] = [];
  for (const relation of relations.filter((one) => !one.isPartition)) {
    const target = {
      ...relation,
      seed: seeds.find((seed) => seed.table === relation.name),
      ...(await rowsBySide(admin, relation, north, south)),
    };
    targets.push(target);
    unprepared.push(...lacks(target, south).map((what) => ({ about: target.name, what })));
  }
  const partitions = relations.filter((one) => one.isPartition);
  return { db, north, south, targets, partitions, unprepared };
}

async function makeApplicationSchema({ urls }: TestDatabase): Promise<void> {
  await withClient(urls.admin, async (client) => {
    await client.query("create schema if not exists app authorization rowlock_owner");
    await client.query("set role rowlock_owner; grant usage on schema app to rowlock_tenant");
    const { rows } = await client.query("select to_regclass('app.notes') as there");
    if (rows[0]?.there === null) await client.query(applicationTables);
  });
}

async function insertSeeds(db: TestDatabase, relations: Relation[], north: Side, south: Side): Promise<void> {
  await withClient(db.urls.admin, async (client) => {
    await client.query("set role rowlock_owner");
    for (const seed of seeds) {
      const relation = relations.find((one) => one.name === seed.table);
      if (relation === undefined) continue;
      for (const row of [...(seed.shared?.(north, south) ?? []), ...seed.rows(north), ...seed.rows(south)]) {
        const names = Object.keys(row);
        const values = names.map((name) => encode(relation, name, row[name]));
        const places = names.map((_, at) => `$${at + 1}`).join(", ");
        await client.query(
          `insert into ${seed.table} (${names.map(quote).join(", ")}) values (${places}) on conflict do nothing`,
          values,
        );
      }
    }
    await client.query("reset role");
    // What making the policies of tasks wrote down, which is no organization's.
    await client.query("delete from rowlock.audit_entries where organization_id <> all($1)", [
      [north.id, south.id],
    ]);
  });
}

function encode(relation: Relation, name: string, value: unknown): unknown {
  const type = relation.columns.find((column) => column.name === name)?.type;
  return type === "jsonb" || type === "json" ? JSON.stringify(value) : value;
}

async function rowsBySide(
  admin: Pool,
  relation: Relation,
  north: Side,
  south: Side,
): Promise<Pick<Target, "own" | "foreign" | "shared">> {
  const texts = relation.columns.map(({ name }) => `${quote(name)}::text as ${quote(name)}`).join(", ");
  const read = async ({ id, marks }: { id: string; marks: string[] }) => {
    const client = await admin.connect();
    try {
      // A view may go by the claims even for its owner.
      await client.query("begin; set local role rowlock_owner");
      await client.query("select set_config('rowlock.organization_id', $1, true)", [id]);
      const { rows } = await client.query<Row>(`select ${texts} from ${relation.name}`);
      return rows.filter((row) => marks.some((mark) => JSON.stringify(row).includes(mark)));
    } finally {
      await client.query("rollback");
      client.release();
    }
  };
  return {
    own: await read(north),
    foreign: await read(south),
    shared: await read({ ...north, marks: [everyone] }),
  };
}

function lacks(target: Target, south: Side): string[] {
  if (target.seed === undefined && target.kind === "table") {
    return [`table ${target.name} has no seed: add one in test/attack/seeds.ts`];
  }
  if (target.foreign.length === 0)
    return ["no row of the attacked organization: seed one in test/attack/seeds.ts"];
  if (target.own.length + target.shared.length === 0) return ["no row of the attacker's own: seed one"];
  return target.columns
    .filter(({ type, closed }) => /^(text|jsonb|json|text\[\]|character varying)$/.test(type) && !closed)
    .filter(({ name }) => !(target.seed?.noCanary ?? viewColumns).includes(name))
    .filter(({ name }) => !target.foreign.some((row) => row[name]?.includes(south.canary)))
    .map(({ name }) => `no canary in ${name}: put one in test/attack/seeds.ts, or say why not in noCanary`);
}

/** Columns of the view of jobs that are lists of values in the tables below it, or made of texts there. */
const viewColumns = ["state", "error_fingerprint"];
