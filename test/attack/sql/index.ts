import type { Arena } from "../arena.ts";
import type { Report } from "../report.ts";
import { member, task, withSession } from "../session.ts";
import { attackClaims, attackPreparedStatements } from "./claims.ts";
import { controlTables } from "./controls.ts";
import { attackByCopy } from "./copy.ts";
import { attackFunctions } from "./functions.ts";
import { attackForeignKeys } from "./keys.ts";
import { attackThePool } from "./pool.ts";
import { attackByMaking, attackRoles, attackStatistics } from "./roles.ts";
import { attackTables } from "./tables.ts";

type Case = (arena: Arena, report: Report) => Promise<void>;

const asMember: Case = (arena, report) =>
  withSession(arena.db.pool("api"), (api) => attackTables(arena, api, member(arena.north, "owner"), report));

const asTask: Case = (arena, report) =>
  withSession(arena.db.pool("task"), (client) => attackTables(arena, client, task(arena.north), report));

/** Those that go from table to table and say most about each, the quickest first. */
export const tableCases: readonly Case[] = [controlAll, asMember, asTask];

/** The SQL part, case by case, each against every table, view, partition or function of the catalogue. */
export const sqlCases: Record<string, Case> = {
  "Reading and writing another's rows as a member": asMember,
  "Reading and writing another's rows as a task": asTask,
  "What must work: viewers read, members and tasks write, our own functions reach every row": controlAll,
  "Functions called with another's ids": attackFunctions,
  "COPY out": attackByCopy,
  "No claims, empty, malformed and leftover ones": (arena, report) =>
    withSession(arena.db.pool("api"), (client) => attackClaims(arena, client, report)),
  "A prepared statement reused across claims": (arena, report) =>
    withSession(arena.db.pool("api"), (client) => attackPreparedStatements(arena, client, report)),
  "A connection given back, and its next borrower": attackThePool,
  "A row of one's own under another's parent": (arena, report) =>
    withSession(arena.db.pool("admin"), (client) => attackForeignKeys(arena, client, report)),
  "Becoming another role, partitions, the kernel's inside and the broker, as the API": (arena, report) =>
    attackRoles(arena, "api", report),
  "Becoming another role, partitions, the kernel's inside and the broker, as a task": (arena, report) =>
    attackRoles(arena, "task", report),
  "Making, changing and dropping things": (arena, report) =>
    withSession(arena.db.pool("api"), (client) => attackByMaking(arena, client, report)),
  "Statistics and sessions of others": (arena, report) =>
    withSession(arena.db.pool("task"), (client) => attackStatistics(arena, client, report)),
};

async function controlAll(arena: Arena, report: Report): Promise<void> {
  const { db } = arena;
  await withSession(db.pool("api"), (api) =>
    withSession(db.pool("task"), (worker) =>
      withSession(db.pool("admin"), (admin) => controlTables(arena, { api, task: worker, admin }, report)),
    ),
  );
}
