/**
 * Writes the types of the GraphQL operations in `src/client` and `web/src` from the dumped schemas. `--check` compares
 * instead, prints the difference and exits 1 when there is one.
 */
import { join } from "node:path";
import { diffGenerated, type Generated, writeGenerated } from "./lib/compare-file.ts";
import { graphqlTargets, writeGraphqlTypes } from "./lib/graphql-types.ts";

const root = join(import.meta.dirname, "..");
const files: Generated[] = [];
let operations = 0;
for (const target of graphqlTargets) {
  const written = await writeGraphqlTypes(root, target);
  if (written === undefined) continue;
  files.push({ path: target.output, text: written.text });
  operations += written.operations;
}

if (process.argv.includes("--check")) {
  const diffs = files.flatMap((file) => diffGenerated(root, file) ?? []);
  for (const diff of diffs) console.error(diff);
  if (diffs.length > 0)
    console.error("Operations or schema changed. Run `npm run graphql-types` and commit the files.");
  console.log(`Checked ${operations} operations: ${diffs.length} files differ.`);
  process.exitCode = diffs.length === 0 ? 0 : 1;
} else {
  for (const file of files) writeGenerated(root, file);
  console.log(`Wrote ${operations} operations to ${files.map(({ path }) => path).join(", ")}.`);
}
