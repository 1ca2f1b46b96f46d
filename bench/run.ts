/**
 * `npm run bench`: Rowlock beside its peers. `-- --quick` for a short run, `--only real-job,latency` for some scenarios,
 * `--peers Rowlock,BullMQ` for some peers, `--rounds 5` for more of them, `--json file` for the raw results.
 */
import { parseArgs } from "node:util";
import { installPackages } from "./lib/install.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    peers: { type: "string" },
    rounds: { type: "string" },
    json: { type: "string" },
  },
});
const list = (text: string | undefined) => text?.split(",").map((name) => name.trim());

await installPackages();
// Only now are the peers' packages there to be imported.
const { main } = await import("./main.ts");
try {
  await main({
    quick: values.quick,
    only: list(values.only),
    peers: list(values.peers),
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    json: values.json,
  });
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
// Connections of a run that was cut short must not keep it alive.
process.exit();
