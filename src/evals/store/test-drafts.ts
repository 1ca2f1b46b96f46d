import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { idOf, iso } from "./runs.ts";
import { findTestSet } from "./test-sets.ts";

export const draftState = z
  .enum(["draft", "accepted", "rejected"])
  .describe("draft: waits for a decision, and counts for nothing")
  .meta({ id: "TestDraftState" });

export const testDraft = z
  .object({
    id: z.uuid(),
    jobId: z.uuid().describe("The generation that wrote it"),
    input: z.string(),
    expected: z.string().nullable(),
    category: z.string().nullable(),
    tags: z.array(z.string()),
    source: z.string().nullable().describe("The document that it was drawn from"),
    state: draftState,
    testId: z.uuid().nullable().describe("The test that was made of it"),
    userId: z.uuid().nullable().describe("Who accepted or rejected it"),
    createdAt: z.iso.datetime(),
    decidedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: "TestDraft" });

export type TestDraft = z.output<typeof testDraft>;

export const draftQuery = z.strictObject({
  state: draftState.optional(),
  jobId: z.uuid().optional().describe("Only those of this generation"),
  first: z.coerce.number().int().min(1).max(1_000).default(100).describe("Page size"),
  after: z.uuid().optional().describe("`next` of the page before"),
});

/** What a draft is to say instead. */
export const draftInput = z
  .strictObject({
    input: z.string().min(1).max(100_000),
    expected: z.string().max(100_000).nullish(),
    category: z.string().min(1).max(200).nullish(),
    tags: z.array(z.string().max(200)).max(100).default([]),
  })
  .meta({ id: "TestDraftInput" });

export const draftChoice = z
  .strictObject({
    ids: z.array(z.uuid()).min(1).max(1_000).optional().describe("Without: all that wait for a decision"),
  })
  .meta({ id: "TestDraftChoice" });

/** The drafts of a set, oldest first. @throws RowlockError NOT_FOUND */
export async function listDrafts(
  tx: TenantTransaction,
  testSetId: string,
  { state, jobId, first, after }: z.output<typeof draftQuery>,
): Promise<{ drafts: TestDraft[]; next: string | null }> {
  await findTestSet(tx, testSetId);
  const { rows } = await tx.query<{ shown: unknown }>(
    `select jsonb_build_object('id', d.id, 'jobId', d.job_id, 'input', d.input, 'expected', d.expected,
       'category', d.category, 'tags', d.tags, 'source', d.source, 'state', d.state, 'testId', d.test_id,
       'userId', d.user_id, 'createdAt', ${iso("d.created_at")}, 'decidedAt', ${iso("d.decided_at")}) as shown
     from evals.test_drafts d
     where d.test_set_id = $1 and ($2::text is null or d.state = $2) and ($3::uuid is null or d.job_id = $3)
       and ($4::uuid is null or d.id > $4)
     order by d.id limit $5`,
    [testSetId, state ?? null, jobId ?? null, after ?? null, first + 1],
  );
  const drafts = rows.slice(0, first).map(({ shown }) => testDraft.parse(shown));
  return { drafts, next: rows.length > first ? (drafts.at(-1)?.id ?? null) : null };
}

/**
 * Makes drafts tests at the end of their set, or rejects them: all that wait for a decision, or those named.
 * @returns how many those were
 * @throws RowlockError NOT_FOUND (no such set or draft of it), CONFLICT (decided on before), NOT_ALLOWED
 */
export async function decideDrafts(
  tx: TenantTransaction,
  decision: "accept" | "reject",
  testSetId: string,
  ids: readonly string[] | undefined,
): Promise<number> {
  const count = await idOf(tx, `select count(*) as id from evals.${decision}_test_drafts($1, $2)`, [
    testSetId,
    ids ?? null,
  ]);
  return Number(count);
}

/** Changes what a draft says. @throws RowlockError NOT_FOUND, CONFLICT (decided on before), NOT_ALLOWED */
export async function replaceDraft(
  tx: TenantTransaction,
  id: string,
  { input, expected, category, tags }: z.output<typeof draftInput>,
): Promise<string> {
  const values = [id, input, expected ?? null, category ?? null, tags];
  return await idOf(tx, "select (evals.replace_test_draft($1, $2, $3, $4, $5)).id", values);
}
