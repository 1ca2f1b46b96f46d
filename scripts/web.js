// Builds the dashboard, `web/` to `web/dist`; `--when-newer` only when a file it is made from is newer than it.
// Plain JavaScript, as `bin/rowlock.js`: `npm start` comes by here before that file has found a Node that reads TypeScript.
import { spawnSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "..");
const whenNewer = process.argv.includes("--when-newer");

if (!whenNewer || newest() > changedAt("web/dist/index.html")) {
  const started = performance.now();
  const vite = join(root, "node_modules/vite/bin/vite.js");
  const { status } = spawnSync(process.execPath, [vite, "build", "web", "--logLevel", "warn"], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(1);
  console.log(
    `Built the dashboard into web/dist in ${((performance.now() - started) / 1_000).toFixed(1)} s.`,
  );
}

/** When the last file changed that the dashboard is made from. */
function newest() {
  const sources = ["web/src", "web/public"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => join(folder, String(name))),
  );
  const single = ["web/index.html", "web/vite.config.ts", "web/tsconfig.json", "package-lock.json"];
  return Math.max(...[...sources, ...single].map(changedAt));
}

/** 0 when it is not there. */
function changedAt(path) {
  return statSync(join(root, path), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}
