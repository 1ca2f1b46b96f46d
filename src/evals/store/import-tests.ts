import type { TenantTransaction } from "../../tenancy/index.ts";
import type { ImportedTest, Spooled } from "../import/index.ts";
import { addTests, lockTestSet } from "./test-sets.ts";

const batchSize = 1_000;

/** Adds checked tests to the end of a set, all in the caller's transaction. @throws RowlockError NOT_FOUND */
export async function importTests(
  tx: TenantTransaction,
  testSetId: string,
  spooled: Spooled,
): Promise<number> {
  let position = await lockTestSet(tx, testSetId);
  let batch: ImportedTest[] = [];
  const flush = async () => {
    if (batch.length === 0) return;
    await addTests(tx, testSetId, position, batch);
    position += batch.length;
    batch = [];
  };
  for await (const test of spooled.tests()) {
    batch.push(test);
    if (batch.length >= batchSize) await flush();
  }
  await flush();
  return spooled.count;
}
