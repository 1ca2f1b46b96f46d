/** Writes `.env.example` from `src/sdk/config.ts`. `--check` compares instead, and exits 1 when they differ. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { settingsSchema } from "../src/sdk/index.ts";
import { envExample, judgeEnvExample } from "./lib/env-example.ts";

const file = join(import.meta.dirname, "..", ".env.example");
const settings = Object.keys(settingsSchema.shape).length;

if (process.argv.includes("--check")) {
  const faults = judgeEnvExample(settingsSchema, existsSync(file) ? readFileSync(file, "utf8") : "");
  for (const fault of faults) console.error(`.env.example: ${fault}`);
  if (faults.length > 0) console.error("Run `npx node scripts/settings.ts` and commit the file.");
  console.log(`Checked ${settings} settings: ${faults.length} faults.`);
  process.exitCode = faults.length === 0 ? 0 : 1;
} else {
  writeFileSync(file, envExample(settingsSchema));
  console.log(`Wrote ${settings} settings to .env.example.`);
}
