/**
 * Writes what the migrations add up to, `sql/schema.sql`, and what the API shows of it: to tenants,
 * `schema.graphql`, and to operators, `operators.graphql`.
 * `--check` compares instead, prints the difference and exits 1 when there is one.
 */
import { join } from "node:path";
import { diffGenerated, type Generated, writeGenerated } from "./lib/compare-file.ts";
import { dumpGraphql, dumpOperatorsGraphql } from "./lib/dump-graphql.ts";
import { dumpSchema } from "./lib/schema/index.ts";
import { withScratchDatabase } from "./lib/scratch-database.ts";

const root = join(import.meta.dirname, "..");
const { objects, files } = await withScratchDatabase(async ({ client, logins }) => {
  const schema = await dumpSchema(client);
  const files: Generated[] = [
    { path: "sql/schema.sql", text: schema.text },
    { path: "schema.graphql", text: await dumpGraphql(logins) },
    { path: "operators.graphql", text: await dumpOperatorsGraphql(logins) },
  ];
  return { objects: schema.objects, files };
});

if (process.argv.includes("--check")) {
  const diffs = files.flatMap((file) => diffGenerated(root, file) ?? []);
  for (const diff of diffs) console.error(diff);
  if (diffs.length > 0)
    console.error("The schema changed. Run `npm run dump`, review the difference, commit it.");
  console.log(`Checked ${objects} objects: ${diffs.length} files differ.`);
  process.exitCode = diffs.length === 0 ? 0 : 1;
} else {
  for (const file of files) writeGenerated(root, file);
  console.log(`Wrote ${objects} objects to ${files.map(({ path }) => path).join(", ")}.`);
}
