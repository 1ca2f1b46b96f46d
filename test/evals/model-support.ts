import assert from "node:assert/strict";
import type { Person } from "../api/support.ts";
import type { FakeModels } from "./fake-models/index.ts";
import { create, createSet, type EvalsWorld, execute, type GivenTest, type Run, unique } from "./support.ts";

/** A model of the organization, served by the fake. @returns its id */
export async function createModel(
  world: EvalsWorld,
  who: Person,
  fake: FakeModels,
  fields: Record<string, unknown> = {},
): Promise<string> {
  return await post(world, who, "models", {
    name: unique("model"),
    provider: "openai-compatible",
    model: "llama",
    baseUrl: `${fake.url}/local`,
    inputPrice: "2.50",
    outputPrice: "10",
    ...fields,
  });
}

async function post(
  world: EvalsWorld,
  who: Person,
  path: string,
  json: Record<string, unknown>,
): Promise<string> {
  const { status, body, text } = await world.send("POST", `/api/${path}`, { as: who, json });
  assert.equal(status, 201, text);
  return (body as { id: string }).id;
}

/** A run against a model of the organization, served by the fake; "exact" judges. */
export async function executeAgainstModel(
  world: EvalsWorld,
  who: Person,
  given: {
    fake: FakeModels;
    tests: readonly GivenTest[];
    model?: Record<string, unknown>;
    endpoint?: Record<string, unknown>;
  },
): Promise<Run> {
  const modelId = await createModel(world, who, given.fake, given.model);
  const endpointId = await post(world, who, "model-endpoints", {
    name: unique("endpoint"),
    modelId,
    ...given.endpoint,
  });
  const testSetId = await createSet(world, who, given.tests);
  const metricIds = [await create(world, who, "metrics", { kind: "exact" })];
  return await execute(world, who, { endpointId, testSetId, metricIds });
}

export type Entry = {
  key: string;
  result: string | null;
  cost: string | null;
  purpose: string;
  model: string;
};

/** The ledger of a run as the table has it. */
export async function ledger(world: EvalsWorld, runId: string): Promise<Entry[]> {
  return await world.asOwner<Entry>(
    `select u.idempotency_key as key, u.test_result_id as result, trim_scale(u.cost)::text as cost, u.purpose,
       u.provider_model as model
     from evals.model_usage u where u.test_run_id = $1 order by u.id`,
    [runId],
  );
}
