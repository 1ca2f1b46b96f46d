import { appendFile, open, writeFile } from "node:fs/promises";
import { Refusal } from "../remote/refusal.ts";
import { junitOf } from "./junit.ts";
import { markdownOf } from "./markdown.ts";
import type { Options } from "./options.ts";
import type { TestReport } from "./report.ts";

type Files = Pick<Options, "junit" | "json" | "markdown">;

/** Before anything is executed: a report that cannot be written must not cost a run. @throws Refusal */
export async function checkFiles({ junit, json, markdown }: Files): Promise<void> {
  for (const [flag, file] of Object.entries({ junit, json, markdown })) {
    if (file === undefined) continue;
    const handle = await open(file, "a").catch((cause: Error) => {
      throw new Refusal(`--${flag}: the file cannot be written: ${cause.message}.`);
    });
    await handle.close();
  }
}

export async function writeReports(report: TestReport, { junit, json, markdown }: Files): Promise<void> {
  if (junit !== undefined) await writeFile(junit, junitOf(report));
  if (json !== undefined) await writeFile(json, `${JSON.stringify(report, null, 2)}\n`);
  if (markdown === undefined) return;
  // Other steps of the job write into that file, too.
  const write = markdown === process.env.GITHUB_STEP_SUMMARY ? appendFile : writeFile;
  await write(markdown, markdownOf(report));
}
