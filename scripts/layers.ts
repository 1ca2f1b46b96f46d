/**
 * The import-direction check. `node scripts/layers.ts` prints each broken rule and exits 1 when there is one.
 * The rules and their reasons are in `lib/layers/rules.ts`.
 */
import { join } from "node:path";
import { checkLayers } from "./lib/layers/index.ts";

const root = join(import.meta.dirname, "..");
const { modules, imports, violations } = checkLayers(root, { atLeast: 30 });
for (const { rule, file, line, message } of violations)
  console.error(`${file}:${line}  [${rule}] ${message}`);
console.log(`Checked ${modules} modules with ${imports} imports: ${violations.length} broken rules.`);
process.exitCode = violations.length === 0 ? 0 : 1;
