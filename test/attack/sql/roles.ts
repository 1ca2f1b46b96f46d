import type { PoolClient } from "pg";
import type { Arena } from "../arena.ts";
import { quote, readObjects, readRoutines } from "../catalogue.ts";
import type { Report } from "../report.ts";
import { attempt, member, role, type Stand, withSession } from "../session.ts";
import { denied, mustBeRefused } from "./check.ts";

/** What each login may become. The roles belong to the server, so others may be there too. */
const mayBecome: Record<"api" | "task", readonly string[]> = {
  api: ["rowlock_api", "rowlock_tenant", "rowlock_anonymous"],
  task: ["rowlock_task", "rowlock_tenant"],
};

/** Becoming someone else, and touching what belongs to the kernel or to the broker. */
export async function attackRoles(arena: Arena, login: "api" | "task", report: Report): Promise<void> {
  const { db, south } = arena;
  const inside = member(arena.north, "owner");
  const bare = role(undefined);
  const { rows: roles } = await db
    .pool("admin")
    .query<{ name: string }>("select quote_ident(rolname) as name from pg_roles");
  await withSession(db.pool(login), async (client) => {
    const refused = async (about: string, stand: Stand, text: string, codes = [denied]) => {
      const outcome = await attempt(client, stand, text);
      mustBeRefused(report, about, { attack: text, stand, outcome, south, codes });
    };
    for (const { name } of roles.filter((one) => !mayBecome[login].includes(one.name))) {
      for (const stand of [bare, inside]) {
        await refused("set role", stand, `set local role ${name}`);
        await refused("set role", stand, `set session authorization ${name}`);
      }
    }
    for (const target of [...arena.targets, ...arena.partitions]) {
      await refused(target.name, bare, `select 1 from ${target.name}`);
      await refused(target.name, bare, `delete from ${target.name}`, [denied, "55000"]);
      if (login === "api") {
        await refused(target.name, role("rowlock_anonymous"), `select 1 from ${target.name}`);
      }
    }
    for (const partition of arena.partitions) await attackPartition(partition, refused, inside);
    await attackClosedSchemas(arena, refused, [bare, inside], inside, login);
  });
}

async function attackPartition(
  { name, columns }: Arena["partitions"][number],
  refused: (about: string, stand: Stand, text: string) => Promise<void>,
  stand: Stand,
): Promise<void> {
  const column = quote(columns[0]?.name ?? "id");
  for (const text of [
    `select 1 from ${name}`,
    `insert into ${name} (${column}) values (null)`,
    `update ${name} set ${column} = ${column}`,
    `delete from ${name}`,
    `truncate ${name}`,
    `copy ${name} to stdout`,
  ]) {
    await refused(name, stand, text);
  }
}

async function attackClosedSchemas(
  { db }: Arena,
  refused: (about: string, stand: Stand, text: string) => Promise<void>,
  all: Stand[],
  inside: Stand,
  login: "api" | "task",
): Promise<void> {
  const admin = db.pool("admin");
  for (const schema of ["graphile_worker", "rowlock_private"]) {
    for (const name of await readObjects(admin, schema)) {
      for (const stand of all) {
        await refused(name, stand, `select 1 from ${name}`);
        await refused(name, stand, `delete from ${name}`);
      }
    }
    for (const routine of await readRoutines(admin, schema)) {
      await refused(routine.name, inside, routine.call);
      // Those that a login may call have attacks of their own (functions.ts).
      if (!routine.logins.includes(`rowlock_${login}`)) {
        for (const stand of all) await refused(routine.name, stand, routine.call);
      }
    }
  }
  for (const name of await readObjects(admin, "rowlock_migrations")) {
    await refused(name, inside, `select 1 from ${name}`);
  }
}

const makings = [
  "create table %s.attack (id int)",
  "create table %s.attack as select * from rowlock.organizations",
  "create view %s.attack as select * from rowlock.organizations",
  "create materialized view %s.attack as select 1",
  "create function %s.attack() returns int language sql as 'select 1'",
  "create type %s.attack as (a int)",
  "create domain %s.attack as int",
  "create sequence %s.attack",
  "create aggregate %s.attack (int) (sfunc = int4pl, stype = int)",
  "create operator %s.=== (function = texteq, leftarg = text, rightarg = text)",
];

const elsewhere = [
  "create schema attack",
  "create temporary table attack (id int)",
  "create temporary view attack as select 1",
  "create function pg_temp.attack() returns int language sql as 'select 1'",
  "create table pg_temp.live (id int)",
  "create extension dblink",
  "create role attack",
  "create trigger attack after insert on rowlock.live execute function rowlock.launch_on_change('x')",
  "create trigger attack after insert on evals.tests execute function rowlock.launch_on_change('x')",
  "create policy attack on rowlock.live using (true)",
  "create index attack on rowlock.live (task)",
  "create rule attack as on insert to evals.tests do also select 1",
  "alter table rowlock.live disable row level security",
  "alter table evals.tests no force row level security",
  "drop policy tenant_only on rowlock.live",
  "drop table rowlock.live",
  "alter table rowlock.live rename to dead",
  "alter role rowlock_api bypassrls",
  "alter role rowlock_tenant superuser",
  "grant rowlock_owner to rowlock_tenant",
  "grant rowlock_owner to rowlock_api",
  "set local session_replication_role = replica",
  "do $$ begin perform set_config('session_replication_role', 'replica', true); end $$",
  "select pg_read_file('/etc/passwd')",
  "select pg_ls_dir('/')",
  "select lo_import('/etc/passwd')",
  "select lo_export(1, '/tmp/rowlock-attack')",
  "select pg_reload_conf()",
  "select * from pg_authid",
  "select * from pg_subscription",
];

/** Making, changing or dropping anything; reading what the server knows of others. */
export async function attackByMaking(arena: Arena, client: PoolClient, report: Report): Promise<void> {
  const { db, south } = arena;
  const stand = member(arena.north, "owner");
  const { rows } = await db
    .pool("admin")
    .query<{ name: string }>(
      "select quote_ident(nspname) as name from pg_namespace where nspname !~ '^pg_(toast|temp)'",
    );
  const texts = rows.flatMap(({ name }) => makings.map((text) => text.replace("%s", name)));
  for (const text of [...texts, ...elsewhere]) {
    const outcome = await attempt(client, stand, text);
    // 3F000: there is no pg_temp to make it in, for temporary tables are refused.
    mustBeRefused(report, "making", { attack: text, stand, outcome, south, codes: [denied, "3F000"] });
  }
}

/** What the server tells of the other's session, plans and statistics. */
export async function attackStatistics(arena: Arena, client: PoolClient, report: Report): Promise<void> {
  const { db, south } = arena;
  const stand = member(arena.north, "owner");
  await withSession(db.pool("api"), async (theirs) => {
    await theirs.query(`select '${south.canary}'`);
    const { rows } = await theirs.query<{ pid: number }>("select pg_backend_pid() as pid");
    const show = async (text: string) => {
      const { error, rows: shown } = await attempt(client, stand, text);
      if (error !== undefined && error.code !== denied) report.add("S", text, error.message);
      if (JSON.stringify(shown).includes(south.canary)) report.add("S", text, "shows the other's canary");
    };
    await show("select * from pg_stat_activity");
    await show("select s::text from pg_stats s");
    await show("select s::text from pg_stats_ext s");
    await show("select * from pg_prepared_statements");
    for (const end of ["pg_terminate_backend", "pg_cancel_backend"]) {
      const outcome = await attempt(client, stand, `select ${end}(${rows[0]?.pid})`);
      mustBeRefused(report, end, { attack: "end the other's session", stand, outcome, south });
    }
  });
}
