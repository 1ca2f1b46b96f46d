import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { findRun, type TestRun, testRun } from "../store/runs.ts";

/** What a webhook carries, and what a mail is written of. */
export const message = z.object({
  type: z.literal("test_run.ended"),
  timestamp: z.iso.datetime(),
  data: z.object({
    run: testRun,
    testSet: z.string(),
    endpoint: z.string(),
    /** Tests that failed and passed in the last completed run before; null without one. */
    regressions: z.int().nullable(),
  }),
});
export type Message = z.output<typeof message>;

const target = z.object({
  kind: z.string(),
  address: z.string(),
  notifyOn: z.enum(["always", "failed", "regressed"]),
  enabled: z.boolean(),
  sealedSecret: z.string().nullable(),
});
export type Target = z.output<typeof target>;

/** A target as it is now; undefined when it was removed or switched off since. */
export async function findTarget(tx: TenantTransaction, id: string): Promise<Target | undefined> {
  const { rows } = await tx.query(
    `select kind, address, notify_on as "notifyOn", enabled, sealed_secret as "sealedSecret"
     from evals.notification_targets where id = $1 and enabled`,
    [id],
  );
  return rows[0] === undefined ? undefined : target.parse(rows[0]);
}

/** The news of a run's end, or null when a target with this wish need not hear of it. */
export async function composeMessage(
  tx: TenantTransaction,
  runId: string,
  wish: Target["notifyOn"],
): Promise<Message | null> {
  const run = await findRun(tx, runId);
  // Retried since: its next end is told by itself.
  if (run.finishedAt === null) return null;
  if (wish === "failed" && run.passed === run.total) return null;
  const regressions = await countRegressions(tx, run);
  if (wish === "regressed" && (regressions ?? 0) === 0) return null;
  const { rows } = await tx.query<{ testSet: string; endpoint: string }>(
    `select s.name as "testSet", r.endpoint ->> 'name' as endpoint from evals.test_runs r
     join evals.test_configurations c on c.organization_id = r.organization_id and c.id = r.test_configuration_id
     join evals.test_sets s on s.organization_id = c.organization_id and s.id = c.test_set_id
     where r.id = $1`,
    [runId],
  );
  const { testSet = "", endpoint = "" } = rows[0] ?? {};
  return { type: "test_run.ended", timestamp: run.finishedAt, data: { run, testSet, endpoint, regressions } };
}

/** The one place that knows what a run is compared with: the last completed one before it of its configuration. */
async function countRegressions(tx: TenantTransaction, run: TestRun): Promise<number | null> {
  const { rows } = await tx.query<{ regressions: number | null }>(
    `select case when b.id is not null then (
       select count(distinct now.test_id)::int from evals.test_results now
       join evals.test_results before on before.organization_id = now.organization_id
         and before.test_run_id = b.id and before.test_id = now.test_id
       where now.test_run_id = $1 and now.state = 'failed' and before.state = 'passed') end as regressions
     from evals.test_runs r
     left join lateral (
       select o.id from evals.test_runs o cross join lateral evals.test_runs_summary(o) s
       where o.organization_id = r.organization_id and o.test_configuration_id = r.test_configuration_id and o.id < r.id
         and s.state = 'completed'
       order by o.id desc limit 1) b on true
     where r.id = $1`,
    [run.id],
  );
  return rows[0]?.regressions ?? null;
}
