import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { evalsExtension, type Tried } from "../../src/evals/index.ts";
import { closeAgents } from "../../src/evals/safe-fetch/index.ts";
import type { Task } from "../../src/jobs/index.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { type Person, startWorld, type World } from "../api/support.ts";
import { deliver, register } from "../helpers/jobs.ts";

/** Bots run on this machine. The task reads the setting as it loads, hence the import below it. */
const internal = {
  ALLOW_INTERNAL_ADDRESSES: "127.0.0.0/8",
  SECRET_KEYS: `test:${randomBytes(32).toString("base64")}`,
};

export type RunTest = Task<{ id: string }, unknown>;
export type EvalsWorld = World & {
  runTest: RunTest;
  /** Of endpoints that take only so many calls at once. */
  runInTurn: RunTest;
  tryEndpoint: Task<{ endpointId: string; input: string }, Tried>;
};

/**
 * An API with the application, two organizations and a catalogue that knows `evals/run-test`.
 * @param given settings of API and tasks, beside those of all tests
 */
export async function startEvals(given: Record<string, string> = {}): Promise<EvalsWorld> {
  const env = { ...internal, ...given };
  Object.assign(process.env, env);
  const { default: runTest } = (await import("../../tasks/evals/run-test.ts")) as { default: RunTest };
  const { default: inTurn } = await import("../../tasks/evals/run-test-in-turn.ts");
  const { default: tryEndpoint } = await import("../../tasks/evals/try-endpoint.ts");
  const world = await startWorld({ env, ops: true, extensions: [evalsExtension(readSettings(env))] });
  await register(world.db, runTest, inTurn, tryEndpoint);
  return {
    ...world,
    runTest,
    runInTurn: inTurn as RunTest,
    tryEndpoint,
    async stop() {
      await closeAgents();
      await world.stop();
    },
  };
}

export const unique = (what: string) => `${what} ${randomBytes(4).toString("hex")}`;

/** Creates through REST and gives the id. */
export async function create(
  world: World,
  who: Person,
  collection: "endpoints" | "metrics" | "test-sets",
  fields: Record<string, unknown>,
): Promise<string> {
  const json = { name: unique(collection), ...fields };
  const { status, body, text } = await world.send("POST", `/api/${collection}`, { as: who, json });
  assert.equal(status, 201, text);
  return (body as { id: string }).id;
}

export type GivenTest = { input: string; expected?: string | null; category?: string; tags?: string[] };

/** A test set with these tests, imported as JSONL. */
export async function createSet(world: World, who: Person, tests: readonly GivenTest[]): Promise<string> {
  const id = await create(world, who, "test-sets", {});
  const labels = tests.some(({ tags }) => tags !== undefined) ? "&category=category&tags=tags" : "";
  const { status, text } = await world.send(
    "POST",
    `/api/test-sets/${id}/import?expected=expected${labels}`,
    {
      as: who,
      headers: { "content-type": "application/x-ndjson" },
      body: tests.map((test) => JSON.stringify({ expected: null, ...test })).join("\n"),
    },
  );
  assert.equal(status, 201, text);
  return id;
}

export type Plan = {
  testSetId: string;
  endpointId: string;
  metricIds?: string[];
  repeat?: number;
  concurrency?: number;
};

/** Everything a run needs: an endpoint at `url`, a test set, and one metric, by default "exact". */
export async function plan(
  world: World,
  who: Person,
  given: {
    url: string;
    tests: readonly GivenTest[];
    metric?: Record<string, unknown>;
    endpoint?: Record<string, unknown>;
  },
): Promise<Plan & { metricIds: string[] }> {
  return {
    endpointId: await create(world, who, "endpoints", { url: given.url, ...given.endpoint }),
    testSetId: await createSet(world, who, given.tests),
    metricIds: [await create(world, who, "metrics", { kind: "exact", ...given.metric })],
  };
}

export type Run = {
  id: string;
  state: string;
  batchId: string;
  total: number;
  queued: number;
  running: number;
  passed: number;
  failed: number;
  errored: number;
  cancelled: number;
  passRate: number | null;
  sourceRunId: string | null;
  metrics: string[];
  flaky: number;
  p50Ms: number | null;
  p95Ms: number | null;
  p99Ms: number | null;
  inputTokens: number | null;
  cost: number | null;
  startedAt: string | null;
  finishedAt: string | null;
};

/** Launches a run through REST. */
export async function execute(world: World, who: Person, { testSetId, ...rest }: Plan): Promise<Run> {
  const { status, body, text } = await world.send("POST", `/api/test-sets/${testSetId}/execute`, {
    as: who,
    json: rest,
  });
  assert.equal(status, 201, text);
  return body as Run;
}

export async function getRun(world: World, who: Person, id: string): Promise<Run> {
  const { status, body, text } = await world.send("GET", `/api/test-runs/${id}`, { as: who });
  assert.equal(status, 200, text);
  return body as Run;
}

export type Result = {
  id: string;
  state: string;
  input: string;
  output: string | null;
  code: string | null;
  message: string | null;
  verdicts: { metric: string; passed: boolean; reason: string }[];
};

export type Batch = { name: string; progress: Record<string, number>; completedAt: string | null };

/** The batch of a run's jobs, as REST shows it. */
export async function getBatch(world: World, who: Person, id: string): Promise<Batch> {
  const { status, body, text } = await world.send("GET", `/api/batches/${id}`, { as: who });
  assert.equal(status, 200, text);
  return body as Batch;
}

/** Results of a run as the tables have them, in the order of the tests. */
export async function results(world: World, runId: string): Promise<Result[]> {
  return await world.asOwner<Result>(
    `select r.id, r.state, r.input, r.output, r.error_code as code, r.error_message as message,
       coalesce((select jsonb_agg(jsonb_build_object('metric', e.metric, 'passed', e.passed, 'reason', e.reason) order by e.metric)
                 from evals.evaluations e where e.test_result_id = r.id), '[]') as verdicts
     from evals.test_results r where r.test_run_id = $1 order by r.position`,
    [runId],
  );
}

/** Jobs of a run in the order of its tests; `state` is null for those that have ended. */
export async function jobsOf(
  world: World,
  runId: string,
): Promise<{ id: string; task: string; state: string | null }[]> {
  return await world.asOwner(
    `select j.id, j.task, l.state from evals.test_results r
     join rowlock.job j on j.organization_id = r.organization_id and j.id = r.job_id
     left join rowlock.live l on l.id = j.id
     where r.test_run_id = $1 order by r.position`,
    [runId],
  );
}

/** Delivers every job of a run until all have ended. Retries come at once: the test owns the clock. */
export async function runAll(world: EvalsWorld, runId: string, task: RunTest = world.runTest): Promise<void> {
  for (let round = 0; round < 40; round += 1) {
    const open = (await jobsOf(world, runId)).filter(({ state }) => state !== null);
    if (open.length === 0) return;
    for (const { id, task: name } of open) {
      await world.asOwner("update rowlock.live set state = 'waiting', run_at = now() where id = $1", [id]);
      await deliver(world.db, id, name === world.runInTurn.definition.name ? world.runInTurn : task);
    }
  }
  throw new Error(`Run ${runId} does not end.`);
}
