import { Discard } from "../../jobs/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { longestKeptBytes } from "./known-inputs.ts";
import type { WrittenTest } from "./prompt.ts";

/** Of the tests of a set, and of its drafts, so many of the newest are compared with. */
const mostKnown = 10_000;

/**
 * The inputs of a set's tests and of its drafts, those that were rejected too; the newest last.
 * @throws Discard when the set is gone
 */
export async function readInputs(tx: TenantTransaction, testSetId: string): Promise<string[]> {
  const set = await tx.query("select from evals.test_sets where id = $1", [testSetId]);
  if (set.rowCount === 0)
    throw new Discard(`There is no test set ${testSetId}. Was it deleted?`, "NOT_FOUND");
  const { rows } = await tx.query<{ input: string }>(
    `select case when octet_length(k.input) > $2 then 'md5 ' || md5(k.input) else k.input end as input from (
       (select t.input, t.id from evals.test_set_tests s
        join evals.tests t on t.organization_id = s.organization_id and t.id = s.test_id
        where s.test_set_id = $1 and t.input is not null order by s.position desc limit $3)
       union all
       (select d.input, d.id from evals.test_drafts d where d.test_set_id = $1 order by d.id desc limit $3)) k
     order by k.id`,
    [testSetId, longestKeptBytes, mostKnown],
  );
  return rows.map(({ input }) => input);
}

/**
 * What is there of a call that was made by an earlier attempt and not noted as a step: the ledger has it, written with
 * its drafts.
 * @returns how many drafts the job has; undefined when the call's answer is not stored
 */
export async function storedDrafts(
  tx: TenantTransaction,
  jobId: string,
  idempotencyKey: string,
): Promise<number | undefined> {
  const { rows } = await tx.query<{ drafts: number }>(
    `select (select count(*)::int from evals.test_drafts d where d.job_id = $1) as drafts
     from evals.model_usage u where u.idempotency_key = $2`,
    [jobId, idempotencyKey],
  );
  return rows[0]?.drafts;
}

export async function storeDrafts(
  tx: TenantTransaction,
  { testSetId, jobId }: { testSetId: string; jobId: string },
  tests: readonly WrittenTest[],
): Promise<void> {
  await tx.query(
    `insert into evals.test_drafts (test_set_id, job_id, input, expected, category, tags, source)
     select $1, $2, t.input, t.expected, t.category, coalesce(t.tags, '{}'), t.source
     from jsonb_to_recordset($3) as t(input text, expected text, category text, tags text[], source text)`,
    [testSetId, jobId, JSON.stringify(tests)],
  );
}

/** How often in this job a call was put off, by the steps that say so. */
export async function countPutOffs(tx: TenantTransaction, jobId: string, prefix: string): Promise<number> {
  const { rows } = await tx.query<{ times: number }>(
    "select count(*)::int as times from rowlock.job_steps where job_id = $1 and starts_with(name, $2)",
    [jobId, prefix],
  );
  return rows[0]?.times ?? 0;
}
