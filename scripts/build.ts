/**
 * Compiles `src` and `tasks` to `dist/src` and `dist/tasks`, JavaScript with declarations: Node refuses to strip
 * types under node_modules. The dashboard is built from `web` and goes to `dist/web`. SQL stays at the package's root, found from there by whoever needs it.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, rmSync } from "node:fs";
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

const web = spawnSync(process.execPath, [join(root, "scripts/web.js")], { cwd: root, stdio: "inherit" });
if (web.status === 0) cpSync(join(root, "web/dist"), join(dist, "web"), { recursive: true });

console.log(`Built ${modules} modules and the dashboard into dist/.`);
const whole = status === 0 && modules > 0 && web.status === 0 && existsSync(join(dist, "web/index.html"));
process.exitCode = whole ? 0 : 1;
