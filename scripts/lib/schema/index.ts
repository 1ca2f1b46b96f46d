import { dumpAccess } from "./access.ts";
import type { Line, Queryable } from "./line.ts";
import { dumpRelations } from "./relations.ts";
import { dumpRoles } from "./roles.ts";
import { dumpRoutines } from "./routines.ts";

export type { Queryable } from "./line.ts";

/** The schemas whose every change is reviewed. */
export const dumpedSchemas = ["rowlock", "rowlock_private", "evals"] as const;

const kinds = [
  "database",
  "role",
  "schema",
  "type",
  "sequence",
  "table",
  "view",
  "materialized view",
  "function",
  "procedure",
  "aggregate",
];

const head = `-- What the migrations add up to, written from the catalogue by \`npm run dump\` so that a review sees the change.
-- To be read, not run. Partitions of a period of time are left out: they change with the date.
`;

export type SchemaDump = { text: string; objects: number };

/**
 * Writes down the schemas, roles and privileges of a database, in an order that depends on names alone.
 * The login must see everything (a superuser); its search_path is emptied so that every name comes out in full.
 */
export async function dumpSchema(client: Queryable): Promise<SchemaDump> {
  await client.query("set search_path = pg_catalog");
  const lines = [
    ...(await dumpRoles(client)),
    ...(await dumpAccess(client, dumpedSchemas)),
    ...(await dumpRelations(client, dumpedSchemas)),
    ...(await dumpRoutines(client, dumpedSchemas)),
  ];
  const objects = Map.groupBy(lines.toSorted(inOrder), ({ kind, name }) => `${kind} ${name}`);
  const sections = [...objects].map(
    ([title, statements]) => `-- ${title}\n${statements.map(({ statement }) => statement).join("\n")}\n`,
  );
  return { text: [head, ...sections].join("\n"), objects: objects.size };
}

/** By code point, not by a language's rules: the same on every machine. */
function inOrder(a: Line, b: Line): number {
  const rank = (line: Line) => [kinds.indexOf(line.kind), line.name, line.part, line.statement] as const;
  const [left, right] = [rank(a), rank(b)];
  for (const [index, value] of left.entries()) {
    const other = right[index];
    if (other === undefined || value === other) continue;
    return value < other ? -1 : 1;
  }
  return 0;
}
