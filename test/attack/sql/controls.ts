import type { PoolClient } from "pg";
import { type Arena, type Row, readerOf, type Target } from "../arena.ts";
import { quote } from "../catalogue.ts";
import type { Report } from "../report.ts";
import { attempt, member, role, type Stand, task } from "../session.ts";
import { mustFail, mustWork } from "./check.ts";
import * as sql from "./statements.ts";

/**
 * What must work: a viewer reads every table that is not for administrators, members and tasks write what is theirs to write, and the owner, in whose
 * name our functions run, reads and changes the rows of every organization. And beside it, who may not.
 */
export async function controlTables(
  arena: Arena,
  clients: { api: PoolClient; task: PoolClient; admin: PoolClient },
  report: Report,
): Promise<void> {
  for (const target of arena.targets) {
    const rows = sql.firstRows(target);
    if (rows === undefined) continue;
    await controlReading(arena, clients.api, target, report);
    await controlOwner(clients.admin, target, rows, report);
    for (const command of ["insert", "update", "delete"] as const) {
      const text = ownWrite(arena, target, command, rows.own);
      const writer = target.seed?.writers?.[command];
      const expected: [PoolClient, Stand, boolean][] = [
        [clients.api, member(arena.north, "viewer"), false],
        [clients.api, member(arena.north, "member"), writer === "member"],
        [clients.task, task(arena.north), writer !== undefined],
      ];
      for (const [client, stand, may] of expected) {
        const outcome = await attempt(client, stand, text);
        const judged = { attack: `${command} one's own`, stand, outcome };
        if (may) mustWork(report, target.name, judged);
        else if (target.kind === "table") mustFail(report, target.name, { ...judged, south: arena.south });
      }
    }
  }
}

async function controlReading(arena: Arena, client: PoolClient, target: Target, report: Report) {
  const reader = readerOf(target);
  const below =
    reader === "viewer" ? undefined : member(arena.north, reader === "owner" ? "member" : "owner");
  if (below !== undefined) {
    const outcome = await attempt(client, below, `select ${sql.selectList(target)} from ${target.name}`);
    if (outcome.rows.length > 0)
      report.add("S", target.name, `${below.name} reads what is not theirs to read`);
  }
  if (reader === undefined) return;
  const stand = member(arena.north, reader);
  const outcome = await attempt(client, stand, `select ${sql.selectList(target)} from ${target.name}`);
  const atLeast = target.own.length + target.shared.length;
  mustWork(report, target.name, { attack: "read one's own", stand, outcome, atLeast: Math.min(atLeast, 1) });
  const text = JSON.stringify(outcome.rows);
  // By their keys: the rows that are there must be seen, not just any.
  for (const row of [...target.own, ...target.shared]) {
    const id = row.id ?? row.name ?? row.test_id ?? row.user_id;
    if (outcome.error === undefined && id !== undefined && id !== null && !text.includes(id)) {
      report.add("S", target.name, `control: ${reader} does not see the own row ${id}`);
    }
  }
}

async function controlOwner(
  admin: PoolClient,
  target: Target,
  rows: { own: Row; foreign: Row },
  report: Report,
  stand = role("rowlock_owner"),
): Promise<void> {
  if (target.kind !== "table") return;
  const column = quote(target.key[0] ?? "id");
  for (const row of [rows.own, rows.foreign]) {
    const text = `update ${target.name} set ${column} = ${column} where ${sql.hasKey(target, row)}`;
    const outcome = await attempt(admin, stand, text);
    mustWork(report, target.name, { attack: "change any row", stand, outcome });
  }
}

function ownWrite(arena: Arena, target: Target, command: "insert" | "update" | "delete", own: Row): string {
  switch (command) {
    case "insert":
      return sql.insert(target, sql.freshFrom(target, own, arena.north));
    case "update": {
      const column = sql.changeable(target);
      return `update ${target.name} set ${column} = ${column} where ${sql.hasKey(target, own)}`;
    }
    case "delete":
      return `delete from ${target.name} where ${sql.hasKey(target, own)}`;
  }
}
