import { z } from "zod";
import { RowlockError } from "../../sdk/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { oneRow } from "./rows.ts";
import { iso } from "./runs.ts";

/** What a version of a test says; of a single-turn test `goal` and its neighbours are null, of a conversation `input`. */
const contents = {
  input: z.string().nullable(),
  expected: z.string().nullable(),
  category: z.string().nullable(),
  tags: z.array(z.string()),
  goal: z.string().nullable(),
  instructions: z.string().nullable(),
  restrictions: z.string().nullable(),
  maxTurns: z.int().nullable(),
  simulatedUserModelId: z.uuid().nullable(),
};

export const shownTest = z
  .object({ id: z.uuid(), version: z.int(), ...contents, createdAt: z.iso.datetime() })
  .meta({ id: "Test" });

export const testVersion = z
  .object({
    version: z.int(),
    ...contents,
    replacedAt: z.iso.datetime(),
    userId: z.uuid().nullable().describe("Who replaced it"),
    apiKeyId: z.uuid().nullable(),
  })
  .meta({ id: "TestVersion" });

/** SQL of the contents in a row as JSON. */
const contentsOf = (row: string) =>
  `'input', ${row} -> 'input', 'expected', ${row} -> 'expected', 'category', ${row} -> 'category', 'tags', ${row} -> 'tags',
   'goal', ${row} -> 'goal', 'instructions', ${row} -> 'instructions', 'restrictions', ${row} -> 'restrictions',
   'maxTurns', ${row} -> 'max_turns', 'simulatedUserModelId', ${row} -> 'simulated_user_model_id'`;

/** A test as it is now. @throws RowlockError NOT_FOUND */
export async function findTest(tx: TenantTransaction, id: string): Promise<z.output<typeof shownTest>> {
  const { rows } = await tx.query<{ shown: unknown }>(
    `select jsonb_build_object('id', t.id, 'version', t.version, ${contentsOf("to_jsonb(t)")},
       'createdAt', ${iso("t.created_at")}) as shown
     from evals.tests t where t.id = $1`,
    [id],
  );
  if (rows[0] === undefined) {
    throw new RowlockError("NOT_FOUND", `There is no test ${id} in this organization.`);
  }
  return shownTest.parse(rows[0].shown);
}

/** What a test was before, the latest first. @param before versions below this one */
export async function listVersions(
  tx: TenantTransaction,
  id: string,
  { first, before }: { first: number; before?: number | undefined },
): Promise<{ versions: z.output<typeof testVersion>[]; next: number | null }> {
  await findTest(tx, id);
  const { rows } = await tx.query<{ shown: unknown }>(
    `select jsonb_build_object('version', v.version, ${contentsOf("v.contents")}, 'replacedAt', ${iso("v.replaced_at")},
       'userId', v.user_id, 'apiKeyId', v.api_key_id) as shown
     from evals.test_versions v
     where v.test_id = $1 and ($2::int is null or v.version < $2) order by v.version desc limit $3`,
    [id, before ?? null, first + 1],
  );
  const versions = rows.slice(0, first).map(({ shown }) => testVersion.parse(shown));
  return { versions, next: rows.length > first ? (versions.at(-1)?.version ?? null) : null };
}

/** Removes a test from all its sets, and itself. What runs made of it stays. @throws RowlockError NOT_FOUND, NOT_ALLOWED */
export async function deleteTest(tx: TenantTransaction, id: string): Promise<string> {
  return await oneRow(tx, "delete from evals.tests where id = $1 returning id", [id], "A test");
}
