import type { PoolClient } from "pg";
import type { Arena, Row, Target } from "../arena.ts";
import { quote } from "../catalogue.ts";
import type { Report } from "../report.ts";
import { attempt, type Stand } from "../session.ts";
import { denied, mustBeRefused, mustFail, mustNotShow } from "./check.ts";
import * as sql from "./statements.ts";

/** A view that cannot be written says so in ways of its own. */
const noSuchWrite = ["42809", "55000", "0A000", "42P10"];
const noCopyUnderPolicies = "0A000";

/** Every way of reading and writing the other's rows, for each table and view, from one stand. */
export async function attackTables(
  arena: Arena,
  client: PoolClient,
  stand: Stand,
  report: Report,
): Promise<void> {
  for (const target of arena.targets) {
    const rows = sql.firstRows(target);
    if (rows === undefined) continue;
    const codes = target.kind === "view" ? [denied, ...noSuchWrite] : [denied];
    for (const [attack, text] of Object.entries(showing(arena, target))) {
      const outcome = await attempt(client, stand, text);
      mustNotShow(report, target.name, { attack, stand, outcome, south: arena.south, codes });
    }
    for (const [attack, text] of Object.entries(touching(arena, target, rows.own, rows.foreign))) {
      const outcome = await attempt(client, stand, text);
      mustFail(report, target.name, { attack, stand, outcome, south: arena.south, codes });
    }
    if (target.kind === "view") continue;
    for (const [attack, text] of Object.entries(wholesale(target))) {
      const outcome = await attempt(client, stand, text);
      const allowed = [denied, noCopyUnderPolicies];
      mustBeRefused(report, target.name, { attack, stand, outcome, south: arena.south, codes: allowed });
    }
  }
}

/** May find rows of one's own, none of the other's. */
function showing({ south }: Arena, target: Target): Record<string, string> {
  const list = sql.selectList(target);
  const column = sql.changeable(target);
  return {
    "read all": `select ${list} from ${target.name}`,
    "update all": `update ${target.name} set ${column} = ${column} returning ${list}`,
    "delete all": `delete from ${target.name} returning ${list}`,
    // If the expression saw a row before the policy did, the division would fail.
    "leaky expression": `select 1 from ${target.name} t where 1 / (case when ${sql
      .readable(target)
      .map((name) => `coalesce(t.${quote(name)}::text, '')`)
      .join(" || ")} like '%${south.canary}%' then 0 else 1 end) = 1`,
  };
}

/** Must touch no row at all. */
function touching(arena: Arena, target: Target, own: Row, foreign: Row): Record<string, string> {
  const { name } = target;
  const column = sql.changeable(target);
  const theirs = sql.hasKey(target, foreign);
  const organization = sql.organizationColumn(target);
  const fresh = sql.freshFrom(target, foreign, arena.south);
  return {
    "read by key": `select ${sql.selectList(target)} from ${name} where ${theirs}`,
    "update by key": `update ${name} set ${column} = ${column} where ${theirs}`,
    "delete by key": `delete from ${name} where ${theirs}`,
    insert: sql.insert(target, fresh),
    upsert: sql.upsert(target, foreign),
    "merge, update": sql.mergeInto(target, foreign),
    "merge, insert": sql.mergeAsNew(target, fresh),
    "lock rows": `select 1 from ${name} where ${theirs} for update`,
    ...(organization === undefined
      ? {}
      : {
          "give one's own row away": `update ${name} set ${quote(organization)} = '${arena.south.id}' where ${sql.hasKey(target, own)}`,
        }),
  };
}

/** Past the rows, and so past the policies: only the missing right stops it. */
function wholesale({ name }: Target): Record<string, string> {
  return {
    truncate: `truncate ${name} cascade`,
    "copy from": `copy ${name} from stdin`,
    "copy to a file": `copy ${name} to '/tmp/rowlock-attack'`,
    "copy to a program": `copy ${name} to program 'cat'`,
  };
}
