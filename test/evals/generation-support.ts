import assert from "node:assert/strict";
import type { Outcome } from "../../src/jobs/index.ts";
import type { Person } from "../api/support.ts";
import { type AnyTask, deliver, type JobRow, jobRow, register } from "../helpers/jobs.ts";
import type { FakeModels } from "./fake-models/index.ts";
import { create, type EvalsWorld, startEvals, unique } from "./support.ts";

export type GenerationWorld = EvalsWorld & { generateTests: AnyTask };

export async function startGeneration(): Promise<GenerationWorld> {
  const world = await startEvals();
  // Reads its settings as it loads.
  const { default: task } = await import("../../tasks/evals/generate-tests.ts");
  const generateTests = task as AnyTask;
  await register(world.db, generateTests);
  return { ...world, generateTests };
}

/** What a call for tests holds. */
export type Wanted = {
  wanted: number;
  description: string;
  categories?: string[];
  tags?: string[];
  documents: { name: string; text: string }[];
  existing: string[];
};
export const wantedOf = ({ turns }: { turns: string[] }) => JSON.parse(turns[0] ?? "") as Wanted;

export const written = (inputs: readonly string[], fields: Record<string, unknown> = {}) =>
  JSON.stringify({
    tests: inputs.map((input) => ({
      input,
      expected: `${input}!`,
      category: null,
      tags: [],
      source: null,
      ...fields,
    })),
  });

/** As many tests as are wanted, each another: the number is the test. */
export function counting(): FakeModels["answer"] {
  let made = 0;
  return (asked) =>
    written(
      Array.from({ length: wantedOf(asked).wanted }, () => {
        made += 1;
        return `What is ${made} times ${made}?`;
      }),
    );
}

/** The organization's model for generation, served by the fake. */
export async function setGenerator(world: EvalsWorld, who: Person, fake: FakeModels): Promise<string> {
  const send = async (method: string, path: string, json: Record<string, unknown>) => {
    const { status, body, text } = await world.send(method, path, { as: who, json });
    assert.ok(status === 200 || status === 201, text);
    return body as { id: string };
  };
  const { id: modelId } = await send("POST", "/api/models", {
    name: unique("writer"),
    provider: "openai-compatible",
    model: "llama",
    baseUrl: `${fake.url}/local`,
    inputPrice: "2.50",
    outputPrice: "10",
  });
  await send("PUT", "/api/model-defaults/generation", { modelId });
  return modelId;
}

/** Launches a generation through REST; without a set, for a new one. */
export async function generate(
  world: EvalsWorld,
  who: Person,
  given: Record<string, unknown> & { testSetId?: string },
): Promise<{ jobId: string; testSetId: string }> {
  const { testSetId = await create(world, who, "test-sets", {}), ...fields } = given;
  const json = { description: "A calculator.", ...fields };
  const answer = await world.send("POST", `/api/test-sets/${testSetId}/generate`, { as: who, json });
  assert.equal(answer.status, 202, answer.text);
  const { jobId } = answer.body as { jobId: string };
  assert.equal(answer.headers.get("location"), `/api/jobs/${jobId}`);
  return { jobId, testSetId };
}

/** Delivers the job until it has ended; what it waits for comes at once. @returns the outcomes and the job */
export async function finish(
  world: GenerationWorld,
  jobId: string,
): Promise<{ outcomes: Outcome[]; job: JobRow }> {
  const outcomes: Outcome[] = [];
  for (let round = 0; round < 30; round += 1) {
    await world.asOwner(
      "update rowlock.live set state = 'waiting', run_at = now() where id = $1 and state <> 'running'",
      [jobId],
    );
    outcomes.push(await deliver(world.db, jobId, world.generateTests));
    const job = await jobRow(world.db, jobId);
    if (["succeeded", "failed"].includes(job.state)) return { outcomes, job };
  }
  throw new Error(`Job ${jobId} does not end.`);
}

export type Draft = {
  id: string;
  jobId: string;
  input: string;
  expected: string | null;
  category: string | null;
  tags: string[];
  source: string | null;
  state: string;
  testId: string | null;
  userId: string | null;
};

export async function draftsOf(
  world: EvalsWorld,
  testSetId: string,
  query = "?first=1000",
): Promise<Draft[]> {
  const answer = await world.send("GET", `/api/test-sets/${testSetId}/drafts${query}`, {
    as: world.north.viewer,
  });
  assert.equal(answer.status, 200, answer.text);
  return (answer.body as { drafts: Draft[] }).drafts;
}

/** The ledger of a job. */
export async function paid(world: EvalsWorld, jobId: string): Promise<{ key: string; cost: string }[]> {
  return await world.asOwner(
    `select substr(idempotency_key, 38) as key, trim_scale(cost)::text as cost from evals.model_usage
     where job_id = $1 and purpose = 'generation' order by id`,
    [jobId],
  );
}
