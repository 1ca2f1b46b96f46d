import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

const fixtures = join(import.meta.dirname, "../worker/fixtures");

/**
 * A folder of tasks for workers of a test: `small` writes a note, `slow` waits 5 ms before it, `lone` is never bundled, nor
 * is `tardy`, which waits longer, `flaky` fails its first attempt.
 */
export async function makeTasks(): Promise<AsyncDisposable & { dir: string }> {
  const dir = await mkdtemp(join(fixtures, "made-"));
  const write = (name: string, options: string, body: string) =>
    writeFile(
      join(dir, `${name}.ts`),
      `import { setTimeout as sleep } from "node:timers/promises";
       import { z } from "zod";
       import { defineTask } from "../../../../src/index.ts";
       export default defineTask({ name: "${name}", input: z.object({ text: z.string() }), ${options}
         async run({ text }, { tx, job }) { ${body}
           await tx.query("insert into app.notes (text) values ($1)", [text]); } });`,
    );
  await Promise.all([
    write("small", "", ""),
    write("slow", "", "await sleep(5);"),
    write("lone", "bundle: false,", "await sleep(20);"),
    write("tardy", "bundle: false,", "await sleep(110);"),
    write("flaky", "backOff: { baseMs: 300 },", 'if (job.attempt === 1) throw new Error("once");'),
  ]);
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) };
}
