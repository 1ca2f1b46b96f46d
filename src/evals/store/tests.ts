import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { oneRow } from "./rows.ts";
import { lockTestSet } from "./test-sets.ts";
import { findTest } from "./test-versions.ts";

const text = (longest: number) => z.string().min(1).max(longest);
const common = {
  expected: z.string().max(100_000).nullish(),
  category: text(200).nullish(),
  tags: z.array(z.string().max(200)).max(100).default([]),
};

const singleTurn = z
  .strictObject({
    kind: z.literal("single_turn").optional(),
    input: text(100_000).describe("What the endpoint is asked"),
    ...common,
  })
  .meta({ id: "SingleTurnTest" });

const multiTurn = z
  .strictObject({
    kind: z.literal("multi_turn"),
    goal: text(20_000).describe("What the conversation is to reach"),
    instructions: text(20_000).describe("Who the simulated user is, what it wants, how it begins"),
    restrictions: text(20_000).nullish().describe("What neither the product nor the user may do"),
    maxTurns: z.int().min(1).max(50).default(10).describe("How many messages the user sends at most"),
    simulatedUserModelId: z
      .uuid()
      .nullish()
      .describe("Which model plays the user. Without: the organization's default for simulated_user"),
    ...common,
  })
  .meta({ id: "MultiTurnTest" });

/** One test: an input, or a goal that a simulated user is to reach in a conversation. */
export const testInput = z.discriminatedUnion("kind", [singleTurn, multiTurn]).meta({ id: "TestFields" });

export type TestInput = z.output<typeof testInput>;

const columns =
  "input, goal, instructions, restrictions, max_turns, simulated_user_model_id, expected, category, tags";
const places = "$1, $2, $3, $4, $5, $6, $7, $8, $9";

/** Adds a test to the end of a set. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function addTest(tx: TenantTransaction, testSetId: string, test: TestInput): Promise<string> {
  const position = await lockTestSet(tx, testSetId);
  return await oneRow(
    tx,
    `with made as (insert into evals.tests (${columns}) values (${places}) returning id)
     insert into evals.test_set_tests (test_set_id, test_id, position) select $10, id, $11 from made
     returning test_id as id`,
    [...valuesOf(test), testSetId, position],
    "A test",
  );
}

/** Replaces a test, in every set that it is of; runs keep it as it was. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function replaceTest(tx: TenantTransaction, id: string, test: TestInput): Promise<string> {
  return await oneRow(
    tx,
    `update evals.tests set (${columns}) = row(${places}) where id = $10 returning id`,
    [...valuesOf(test), id],
    "A test",
  );
}

function valuesOf(test: TestInput): unknown[] {
  const asked =
    test.kind === "multi_turn"
      ? [null, test.goal, test.instructions, test.restrictions, test.maxTurns, test.simulatedUserModelId]
      : [test.input, null, null, null, null, null];
  return [...asked, test.expected, test.category, test.tags].map((value) => value ?? null);
}

/**
 * Puts a test that is there at the end of a set, unless the set has it.
 * @throws RowlockError NOT_FOUND (the set or the test), NOT_ALLOWED
 */
export async function putTest(tx: TenantTransaction, testSetId: string, testId: string): Promise<void> {
  const position = await lockTestSet(tx, testSetId);
  await findTest(tx, testId);
  await tx.query(
    `insert into evals.test_set_tests (test_set_id, test_id, position) values ($1, $2, $3)
     on conflict on constraint test_set_tests_pkey do nothing`,
    [testSetId, testId, position],
  );
}

/** Takes a test out of a set; it stays in others. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function takeTest(tx: TenantTransaction, testSetId: string, testId: string): Promise<void> {
  await oneRow(
    tx,
    "delete from evals.test_set_tests where test_set_id = $1 and test_id = $2 returning test_id as id",
    [testSetId, testId],
    "A test",
  );
}
