import { subscribe } from "node:diagnostics_channel";
import { appendFileSync } from "node:fs";

/** Loaded into a worker's process before it starts: writes down how long each tick of its dispatcher took. */
const file = process.env.DISPATCH_RECORD ?? "";
let lines: string[] = [];
subscribe("rowlock:dispatch", (tick) => {
  const { ms, jobs } = tick as { ms: number; jobs: number };
  lines.push(`${Date.now()} ${ms.toFixed(2)} ${jobs}\n`);
});
setInterval(() => {
  if (lines.length > 0) appendFileSync(file, lines.join(""));
  lines = [];
}, 250).unref();
