import type { PoolClient } from "pg";
import { type Arena, readerOf, type Target } from "../arena.ts";
import { markIn, type Report } from "../report.ts";
import { asTenantRole, attempt, member, role, type Stand, tenantWith } from "../session.ts";
import { denied, mustBeRefused, mustFail, mustNotShow, mustWork } from "./check.ts";
import * as sql from "./statements.ts";

const malformed = "22P02";

/** Without claims, with empty, broken or leftover ones: no row of any organization, nothing written. */
export async function attackClaims(arena: Arena, client: PoolClient, report: Report): Promise<void> {
  const organization = "rowlock.organization_id";
  const stands: Stand[] = [
    tenantWith("no claim", {}),
    tenantWith("an empty claim", { [organization]: "", "rowlock.role": "owner", "rowlock.job_id": "x" }),
    tenantWith("a malformed claim", { [organization]: "' or true --", "rowlock.role": "owner" }),
    tenantWith("the claim null", { [organization]: "null", "rowlock.role": "owner" }),
    tenantWith("a claim of nobody", { [organization]: "00000000-0000-0000-0000-000000000000" }),
  ];
  const { north, south } = arena;
  const anyone = { ...south, marks: [...north.marks, ...south.marks] };
  for (const target of arena.targets) {
    const rows = sql.firstRows(target);
    if (rows === undefined) continue;
    const column = sql.changeable(target);
    for (const stand of stands) {
      const codes = [denied, malformed];
      const read = await attempt(client, stand, `select ${sql.selectList(target)} from ${target.name}`);
      mustNotShow(report, target.name, { attack: "read", stand, outcome: read, south: anyone, codes });
      if (target.kind === "view") continue;
      for (const [attack, text] of [
        ["update", `update ${target.name} set ${column} = ${column}`],
        ["delete", `delete from ${target.name}`],
        ["insert", sql.insert(target, sql.freshFrom(target, rows.own, north))],
      ] as const) {
        const outcome = await attempt(client, stand, text);
        mustFail(report, target.name, { attack, stand, outcome, south, codes });
      }
    }
    await attackLeftovers(arena, client, target, report);
  }
  await attackSavepoints(arena, client, report);
}

/** Ways out of the claims while they hold, and what is left when they ended. */
async function attackLeftovers(arena: Arena, client: PoolClient, target: Target, report: Report) {
  const { north, south } = arena;
  const read = `select ${sql.selectList(target)} from ${target.name}`;
  const inside = member(north, "owner");
  const off = { ...inside, opening: [...inside.opening, { text: "set local row_security = off" }] };
  const refused = await attempt(client, off, read);
  mustBeRefused(report, target.name, { attack: "row_security = off", stand: off, outcome: refused, south });
  for (const leave of ["reset role", "set local role none", "set session authorization default"]) {
    const stand = { name: leave, opening: [...inside.opening, { text: leave }] };
    mustFail(report, target.name, {
      attack: leave,
      stand,
      outcome: await attempt(client, stand, read),
      south,
    });
  }
  for (const end of ["commit", "rollback"]) {
    for (const { text, values } of [{ text: "begin", values: [] }, ...inside.opening]) {
      await client.query(text, values);
    }
    await client.query(end);
    const after = await attempt(client, { name: `after ${end}`, opening: [asTenantRole] }, read);
    const stand = role(undefined);
    const anyone = { ...south, marks: [...north.marks, ...south.marks] };
    mustNotShow(report, target.name, { attack: `read after ${end}`, stand, outcome: after, south: anyone });
  }
}

async function attackSavepoints(arena: Arena, client: PoolClient, report: Report): Promise<void> {
  const { north, south } = arena;
  const stand = member(north, "viewer");
  const read = "select id from rowlock.organizations";
  const kept = await attempt(client, stand, `savepoint s; rollback to s; ${read}`);
  mustWork(report, "savepoint", { attack: "claims outlive a rollback to a savepoint", stand, outcome: kept });
  mustNotShow(report, "savepoint", { attack: "read after rollback to it", stand, outcome: kept, south });

  // Claims of an inner transaction end with it.
  await client.query("begin; savepoint before");
  for (const { text, values } of stand.opening) await client.query(text, values);
  await client.query("rollback to before; set local role rowlock_tenant");
  const { rows } = await client.query(read);
  await client.query("rollback");
  if (rows.length > 0) report.add("S", "savepoint", "claims outlive the savepoint they were set in");
}

/** One prepared statement, run under one organization's claims and then the other's, often enough for a cached plan. */
export async function attackPreparedStatements(
  arena: Arena,
  client: PoolClient,
  report: Report,
): Promise<void> {
  const { north, south } = arena;
  await client.query("set plan_cache_mode = force_generic_plan");
  for (const [at, target] of arena.targets.entries()) {
    const reader = readerOf(target);
    if (reader === undefined) continue;
    const query = { name: `attack_${at}`, text: `select ${sql.selectList(target)} from ${target.name}` };
    for (const [mine, other] of [
      [north, south],
      [south, north],
      [north, south],
    ] as const) {
      await client.query("begin");
      for (const { text, values } of member(mine, reader).opening) await client.query(text, values);
      const { rows } = await client.query(query);
      await client.query("rollback");
      const text = JSON.stringify(rows);
      // A task of the system carries south's canary and is nobody's to see.
      const mark = markIn(text, other.marks);
      if (mark !== undefined) report.add("S", target.name, `a prepared statement shows ${mark}`);
      if (rows.length === 0 && target.own.length > 0) {
        report.add("S", target.name, "control: a prepared statement shows none of one's own rows");
      }
    }
  }
}
