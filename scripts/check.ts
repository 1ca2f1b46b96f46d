/**
 * Exactly what CI runs. `--only types,lint` runs some steps, `--skip tests` all but some; exits 1 when one fails
 * or examined nothing.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runStep, steps } from "./lib/check-steps.ts";

const root = join(import.meta.dirname, "..");
const { values } = parseArgs({ options: { only: { type: "string" }, skip: { type: "string" } } });
const only = namesOf(values.only);
const skip = namesOf(values.skip) ?? [];

const failures: string[] = [];
let ran = 0;
for (const step of steps) {
  if (skip.includes(step.name) || only?.includes(step.name) === false) continue;
  ran += 1;
  if (step.live === true) console.log(`${step.name} …`);
  const { ok, examined, seconds, output } = await runStep(step, root);
  if (!ok && step.live !== true) console.error(output);
  if (!ok) failures.push(`${step.name}${examined === 0 ? ` (examined no ${step.unit})` : ""}`);
  console.log(
    `${ok ? "ok    " : "FAILED"} ${step.name.padEnd(13)} ${examined} ${step.unit}, ${seconds.toFixed(1)} s`,
  );
}

if (ran === 0) failures.push("nothing was run");
if (failures.length > 0) console.error(`Failed: ${failures.join(", ")}.`);
process.exitCode = failures.length === 0 ? 0 : 1;

function namesOf(list: string | undefined): string[] | undefined {
  const names = list?.split(",").map((name) => name.trim());
  const unknown = names?.filter((name) => !steps.some((step) => step.name === name)) ?? [];
  if (unknown.length > 0) {
    const known = steps.map((step) => step.name).join(", ");
    console.error(`There is no step ${unknown.join(", ")}. Choose from ${known}.`);
    process.exit(1);
  }
  return names;
}
