import assert from "node:assert/strict";
import { test } from "node:test";
import type { z } from "zod";
import type * as client from "../../src/client/index.ts";
import type { comparison } from "../../src/evals/store/compare.ts";
import type { TestResult } from "../../src/evals/store/results.ts";
import type { TestRun } from "../../src/evals/store/runs.ts";
import type { Acted, Batch, Schedule } from "../../src/jobs/index.ts";
import { compile } from "./check-types.ts";

const tasks = `
import { defineTask } from "rowlock";
import { z } from "zod";

export const greet = defineTask({
  name: "people/greet",
  input: z.object({ name: z.string(), often: z.number().optional() }),
  output: z.object({ greeting: z.string() }),
  run: ({ name }) => ({ greeting: name }),
});
export const tidy = defineTask({ name: "tidy", kind: "long", input: z.object({}), async run() {} });
`;

const uses = `
import { createClient, isClientError, JobFailedError } from "rowlock/client";
import type * as tasks from "./tasks.ts";

const client = createClient<typeof tasks>({ url: "", apiKey: "k" });
const job = await client.jobs.launch("people/greet", { name: "Ada" }, { key: "a", runAt: new Date() });
const greeting: string = (await job.result({ timeoutMs: 1 })).greeting;
for await (const update of job.watch()) update.result?.greeting satisfies string | undefined;
(await (await client.jobs.launch("tidy", {})).result()) satisfies null;
(await client.jobs.handle("id", "people/greet").result()).greeting satisfies string;
await client.batches.launch({ jobs: [{ task: "people/greet", payload: { name: "a" } }, { task: "tidy" }] });

// @ts-expect-error the payload does not fit
await client.jobs.launch("people/greet", { name: 1 });
// @ts-expect-error a field is missing
await client.jobs.launch("people/greet", {});
// @ts-expect-error no such task: it goes by its own name
await client.jobs.launch("greet", { name: "a" });
// @ts-expect-error one of the payloads does not fit
await client.jobs.launchMany("people/greet", [{ name: "a" }, { nome: "b" }]);
// @ts-expect-error no such option
await client.jobs.launch("tidy", {}, { when: new Date() });
// @ts-expect-error the result has no such field
(await job.result()).farewell;
// @ts-expect-error a greeting is no number
const wrong: number = (await job.result()).greeting;
// @ts-expect-error the payload does not fit its task
await client.batches.launch({ jobs: [{ task: "people/greet", payload: { nome: "a" } }] });
// @ts-expect-error the payload does not fit its task
await client.schedules.create({ name: "s", task: "people/greet", payload: {}, expression: "@daily" });
// @ts-expect-error how many may be cancelled must be said
await client.jobs.cancelMany({ task: "tidy" }, {});

try {
  await job.result();
} catch (error) {
  if (!isClientError(error)) throw error;
  if (error.code === "JOB_FAILED") error.job.id satisfies string;
  else if (error.code === "INVALID_PAYLOAD") error.issues[0]?.path satisfies string | undefined;
  // @ts-expect-error no such code
  else if (error.code === "NO_SUCH_CODE") throw error;
  // @ts-expect-error only a job that ended has one
  else error.job;
  if (error instanceof JobFailedError) error.reason.code satisfies string;
}

// Modules with a default export, by any names; and without types.
const byModule = createClient<{ a: { default: typeof tasks.greet } }>({ url: "", token: () => "t" });
await byModule.jobs.launch("people/greet", { name: "a" });
// @ts-expect-error the payload does not fit
await byModule.jobs.launch("people/greet", { name: 1 });
const untyped = createClient({ url: "" });
const anything: unknown = await (await untyped.jobs.launch("whatever", [1, 2])).result();
// @ts-expect-error nothing is known of it
anything.field;
void greeting;
void wrong;
`;

test("names, payloads and results are those of the tasks, and what is wrong does not compile", async () => {
  assert.equal(await compile({ "tasks.ts": tasks, "uses.ts": uses }), "");
});

test("a task is what the compiler complains about, and not that it finds no package", async () => {
  const said = await compile({
    "tasks.ts": tasks,
    "uses.ts": uses.replaceAll(/\/\/ @ts-expect-error/g, "//"),
  });
  assert.equal(said.match(/error TS/g)?.length, 14, said);
  assert.doesNotMatch(said, /TS2307/);
});

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

/** Does not compile when an answer of the server is not what the client says. */
export const same: {
  batch: Same<client.Batch, Batch>;
  schedule: Same<client.Schedule, Schedule>;
  run: Same<client.TestRun, TestRun>;
  result: Same<client.TestResult, TestResult>;
  comparison: Same<client.Comparison, z.output<typeof comparison>>;
  acted: Same<client.Acted, Acted>;
} = { batch: true, schedule: true, run: true, result: true, comparison: true, acted: true };
