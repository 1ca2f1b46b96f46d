import type { PoolClient } from "pg";
import type { Arena } from "../arena.ts";
import { readForeignKeys } from "../catalogue.ts";
import type { Report } from "../report.ts";
import { attempt, role } from "../session.ts";
import { freshFrom, insert, organizationColumn } from "./statements.ts";

const noSuchParent = "23503";

/** A row of one's own under another's parent. As the owner, whom policies do not stop: the key itself must. */
export async function attackForeignKeys(arena: Arena, admin: PoolClient, report: Report): Promise<void> {
  for (const key of await readForeignKeys(arena.db.pool("admin"))) {
    const child = arena.targets.find((one) => one.name === key.table);
    const parent = arena.targets.find((one) => one.name === key.parent);
    const [own, theirs] = [child?.own[0], parent?.foreign[0]];
    // A parent without an organization of its own, such as a user, may be everybody's.
    if (child === undefined || parent === undefined || own === undefined || theirs === undefined) continue;
    if (organizationColumn(parent) !== "organization_id" || organizationColumn(child) === undefined) continue;
    const row = freshFrom(child, own, arena.north);
    for (const [at, column] of key.columns.entries()) {
      if (column !== organizationColumn(child)) row[column] = theirs[key.parentColumns[at] ?? ""] ?? null;
    }
    const { error } = await attempt(admin, role("rowlock_owner"), insert(child, row));
    if (error?.code !== noSuchParent) {
      report.add("S", key.table, `${key.name} takes another's parent (${error?.code ?? "accepted"})`);
    }
  }
}
