/**
 * Compiles `src` and `tasks` to `dist/src` and `dist/tasks`, JavaScript with declarations: Node refuses to strip
 * types under node_modules. SQL stays at the package's root, found from there by whoever needs it.
 */
import { spawnSync } from "node:child_process";
import { globSync, rmSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");
// What an earlier build left would be published with the rest.
rmSync(dist, { recursive: true, force: true });

const compiler = join(root, "node_modules/typescript/bin/tsc");
const { status } = spawnSync(process.execPath, [compiler, "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
const modules = globSync("**/*.js", { cwd: dist }).length;
console.log(`Built ${modules} modules into dist/.`);
process.exitCode = status === 0 && modules > 0 ? 0 : 1;
