import { z } from "zod";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { findRun, testRun } from "../store/runs.ts";

/** What a webhook's secret is stored for: it is opened for nothing else. */
export const webhookPurpose = "webhook";

/** What a webhook carries, and what a mail is written of. */
export const message = z.object({
  type: z.literal("test_run.ended"),
  timestamp: z.iso.datetime(),
  data: z.object({
    run: testRun,
    testSet: z.string(),
    endpoint: z.string(),
    /** Tests that failed and passed in the run it is compared with; null without one. */
    regressions: z.int().nullable(),
  }),
});
export type Message = z.output<typeof message>;

const target = z.object({
  kind: z.string(),
  address: z.string(),
  notifyOn: z.enum(["always", "failed", "regressed"]),
  enabled: z.boolean(),
  secretId: z.uuid().nullable(),
});
export type Target = z.output<typeof target>;

/** A target as it is now; undefined when it was removed or switched off since. */
export async function findTarget(tx: TenantTransaction, id: string): Promise<Target | undefined> {
  const { rows } = await tx.query(
    `select kind, address, notify_on as "notifyOn", enabled, secret_id as "secretId"
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
  const { rows } = await tx.query<{ testSet: string; endpoint: string; regressions: number | null }>(
    `select s.name as "testSet", r.endpoint ->> 'name' as endpoint, (evals.test_runs_regressions(r)).regressed as regressions
     from evals.test_runs r
     join evals.test_configurations c on c.organization_id = r.organization_id and c.id = r.test_configuration_id
     join evals.test_sets s on s.organization_id = c.organization_id and s.id = c.test_set_id
     where r.id = $1`,
    [runId],
  );
  const { testSet = "", endpoint = "", regressions = null } = rows[0] ?? {};
  if (wish === "regressed" && (regressions ?? 0) === 0) return null;
  return { type: "test_run.ended", timestamp: run.finishedAt, data: { run, testSet, endpoint, regressions } };
}
