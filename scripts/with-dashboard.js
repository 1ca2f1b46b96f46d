// Runs `rowlock start`, or `rowlock demo`, with the dashboard built from its sources first where it is going to be seen.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const [command, ...options] = process.argv.slice(2);
if (command === "start" || options.includes("--serve")) {
  const builder = fileURLToPath(new URL("web.js", import.meta.url));
  const { status } = spawnSync(process.execPath, [builder, "--when-newer"], { stdio: "inherit" });
  if (status !== 0) console.error("The dashboard could not be built; everything else runs without it.");
}
await import("../bin/rowlock.js");
