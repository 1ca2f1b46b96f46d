import { z } from "zod";
import { fromDatabase, RowlockError, sqlstateOf } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import type { ImportedTest } from "../import/index.ts";
import { oneRow } from "./rows.ts";
import { idOf } from "./runs.ts";

export const testSetInput = z
  .strictObject({ name: z.string().min(1).max(200), description: z.string().max(2_000).default("") })
  .meta({ id: "TestSetInput" });

export type TestSetInput = z.output<typeof testSetInput>;

/** Stores an empty test set. @throws RowlockError CONFLICT when the name is taken */
export async function createTestSet(tx: TenantTransaction, input: TestSetInput): Promise<string> {
  return await oneRow(
    tx,
    "insert into evals.test_sets (name, description) values ($1, $2) returning id",
    [input.name, input.description],
    `A test set named "${input.name}"`,
  );
}

/**
 * Says which metrics judge the runs of a set when none are chosen at the execution; none: all of the organization.
 * @throws RowlockError NOT_FOUND, NOT_ALLOWED
 */
export async function setTestSetMetrics(
  tx: TenantTransaction,
  testSetId: string,
  metricIds: readonly string[],
): Promise<void> {
  await idOf(tx, "select (evals.set_test_set_metrics($1, $2)).id", [testSetId, metricIds]);
}

/**
 * Names the run of a set against which its others are compared; null for none.
 * @throws RowlockError NOT_FOUND (no such set, or no such run of it), NOT_ALLOWED
 */
export async function setBaseline(
  tx: TenantTransaction,
  testSetId: string,
  runId: string | null,
): Promise<void> {
  try {
    await oneRow(
      tx,
      "update evals.test_sets set baseline_run_id = $2 where id = $1 returning id",
      [testSetId, runId],
      "A baseline",
    );
  } catch (error) {
    if (sqlstateOf(error) !== "23503") throw fromDatabase(error);
    throw new RowlockError("NOT_FOUND", `There is no run ${runId} in this organization.`, { cause: error });
  }
}

/** @throws RowlockError NOT_FOUND */
export async function findTestSet(tx: TenantTransaction, testSetId: string): Promise<void> {
  const { rowCount } = await tx.query("select from evals.test_sets where id = $1", [testSetId]);
  if (rowCount === 0) {
    throw new RowlockError("NOT_FOUND", `There is no test set ${testSetId} in this organization.`);
  }
}

/**
 * Locks a test set for adding tests at its end, so that two imports do not share positions.
 * @returns the position after the last
 * @throws RowlockError NOT_FOUND
 */
export async function lockTestSet(tx: TenantTransaction, testSetId: string): Promise<number> {
  await oneRow(
    tx,
    "select id from evals.test_sets where id = $1 for no key update",
    [testSetId],
    "A test set",
  );
  const { rows } = await tx.query<{ next: number }>(
    "select coalesce(max(position) + 1, 0) as next from evals.test_set_tests where test_set_id = $1",
    [testSetId],
  );
  return rows[0]?.next ?? 0;
}

/** Adds tests at the given position, in one statement. */
export async function addTests(
  tx: TenantTransaction,
  testSetId: string,
  firstPosition: number,
  tests: readonly ImportedTest[],
): Promise<void> {
  await tx.query(
    `with given as (
       select rowlock.uuid7() as id, t.* from jsonb_to_recordset($1) as t(
         position int, input text, expected text, category text, tags text[],
         goal text, instructions text, restrictions text, "maxTurns" int)
     ), made as (
       insert into evals.tests (id, input, expected, category, tags, goal, instructions, restrictions, max_turns)
       select id, input, expected, category, coalesce(tags, '{}'), goal, instructions, restrictions, "maxTurns" from given
     )
     insert into evals.test_set_tests (test_set_id, test_id, position)
     select $2, id, position from given`,
    [JSON.stringify(tests.map((test, index) => ({ ...test, position: firstPosition + index }))), testSetId],
  );
}
