import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import {
  type AuditEntry,
  cancelJob,
  cancelJobs,
  createSchedule,
  defineTask,
  deleteSchedule,
  launchJob,
  launchJobs,
  listAudit,
  pauseJobs,
  resumeJobs,
  retryJob,
  runSchedule,
  updateSchedule,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { forgetExpired } from "../../src/worker/retention.ts";
import { createTestDatabase, type TestDatabase, testLogger } from "../helpers/database.ts";
import { deliver, register } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
const chore = defineTask({ name: "chore", input: z.object({}), run: () => undefined });
const boss = defineTask({
  name: "boss",
  input: z.object({ job: z.string() }),
  run: async ({ job }, { tx }) => void (await cancelJob(tx, job)),
});
before(async () => {
  db = await createTestDatabase();
  await register(db, chore, boss);
  org = await makeOrganization(db);
});
after(() => db.drop());

const as = <T>(work: (tx: TenantTransaction) => Promise<T>, source = "rest") =>
  withTenant(db.pool("api"), { ...org.member, source }, work);
/** What was written down by `work`, oldest first. */
async function written(work: () => Promise<unknown>): Promise<AuditEntry[]> {
  const list = () => as((tx) => listAudit(tx, { first: 100 }));
  const before = new Set((await list()).entries.map(({ id }) => id));
  await work();
  return (await list()).entries.filter(({ id }) => !before.has(id)).reverse();
}

test("launch, cancel and retry by hand say who, what and what became of it", async () => {
  let id = "";
  const entries = await written(async () => {
    id = await as((tx) => launchJob(tx, "chore", {}, { runAt: new Date(Date.now() + 60_000) }));
    await as((tx) => cancelJob(tx, id, "no need"));
    await as((tx) => retryJob(tx, id));
    await as((tx) => cancelJobs(tx, { task: "chore" }, 10));
  });
  assert.deepEqual(
    entries.map(({ action, subject, before, after, source, userId }) => ({
      action,
      subject,
      before,
      after,
      source,
      userId,
    })),
    [
      { action: "launch", subject: id, before: null, after: { task: "chore", jobs: 1 } },
      {
        action: "cancel",
        subject: id,
        before: { state: "scheduled" },
        after: { state: "cancelled", reason: "no need" },
      },
      { action: "retry", subject: id, before: { state: "cancelled" }, after: { state: "waiting" } },
      { action: "cancel", subject: null, before: { task: "chore" }, after: { jobs: 1, asked: 0 } },
    ].map((entry) => ({ ...entry, source: "rest", userId: org.userId })),
  );
});

test("many launched in one go are one entry; what the application or a task launches is none", async () => {
  const entries = await written(async () => {
    await as((tx) => launchJobs(tx, "chore", [{}, {}, {}]));
    await as((tx) => launchJob(tx, "chore", {}), "api");
  });
  assert.deepEqual(
    entries.map(({ after }) => after),
    [{ task: "chore", jobs: 3 }],
  );
});

test("what is rolled back leaves no entry", async () => {
  const entries = await written(async () => {
    await as(async (tx) => {
      await launchJob(tx, "chore", {});
      throw new Error("not after all");
    }).catch(() => undefined);
  });
  assert.deepEqual(entries, []);
});

test("what a task does for its user says which job it was", async () => {
  const victim = await as((tx) => launchJob(tx, "chore", {}, { runAt: new Date(Date.now() + 60_000) }));
  const job = await as((tx) => launchJob(tx, "boss", { job: victim }));
  const entries = await written(() => deliver(db, job, boss));
  assert.deepEqual(
    entries.map(({ action, subject, jobId, source }) => ({ action, subject, jobId, source })),
    [{ action: "cancel", subject: victim, jobId: job, source: "task" }],
  );
});

test("pauses, schedules, keys and members are written down, before and after, without a secret", async () => {
  let key = { id: "", secret: "" };
  const entries = await written(async () => {
    await as((tx) => pauseJobs(tx, "chore", "quiet please"));
    await as((tx) => resumeJobs(tx, "chore"));
    const { id } = await as((tx) => createSchedule(tx, { name: "s", task: "chore", expression: "@daily" }));
    await as((tx) => updateSchedule(tx, id, { enabled: false }));
    await as((tx) => runSchedule(tx, id));
    await as((tx) => deleteSchedule(tx, id));
    await as(async (tx) => {
      const { rows } = await tx.query<typeof key>("select * from rowlock.create_api_key('ci')");
      key = rows[0] ?? key;
      await tx.query("select rowlock.revoke_api_key($1)", [key.id]);
      await tx.query("select rowlock.remove_member(rowlock.add_member('eve@audit.example'))");
    });
  });
  assert.deepEqual(
    entries.map(({ action }) => action),
    [
      "insert pause",
      "delete pause",
      "insert schedule",
      "update schedule",
      "run_schedule",
      "delete schedule",
      "insert api_key",
      "update api_key",
      "insert member",
      "delete member",
    ],
  );
  const [, , , update] = entries as { before: { enabled: boolean }; after: { enabled: boolean } }[];
  assert.deepEqual([update?.before.enabled, update?.after.enabled], [true, false]);
  const text = JSON.stringify(entries);
  assert.ok(!text.includes(key.secret) && !text.includes("secret_hash"));
});

test("a key is named beside the user it acts for", async () => {
  const key = await as(async (tx) => {
    const { rows } = await tx.query<{ id: string }>("select id from rowlock.create_api_key('ci')");
    return String(rows[0]?.id);
  });
  const entries = await written(() =>
    withTenant(db.pool("api"), { ...org.member, apiKeyId: key, source: "rest" }, (tx) =>
      launchJob(tx, "chore", {}),
    ),
  );
  assert.deepEqual(
    entries.map(({ userId, apiKeyId }) => ({ userId, apiKeyId })),
    [{ userId: org.userId, apiKeyId: key }],
  );
});

test("administrators read it, and nobody else; operators see what operators did", async () => {
  const member = await makeOrganization(db, { role: "member" });
  await assert.rejects(
    withTenant(db.pool("api"), member.member, (tx) => listAudit(tx, { first: 10 })),
    { code: "NOT_ALLOWED" },
  );
  const seen = await withTenant(db.pool("api"), member.member, async (tx) => {
    const { rows } = await tx.query("select from rowlock.audit_entries");
    return rows.length;
  });
  assert.equal(seen, 0);
  const operator = db.pool("ops");
  const client = await operator.connect();
  try {
    await client.query("begin; set local role rowlock_operator; set local rowlock.operator = 'grace'");
    await client.query("insert into rowlock.policies (organization_id, weight) values ($1, 3)", [
      org.organizationId,
    ]);
    await client.query("insert into rowlock.task_policies (task, max_running) values ('chore', 3)");
    const { rows } = await client.query<{ operator: string; action: string }>(
      "select operator, action from rowlock.audit_entries order by id",
    );
    assert.deepEqual(rows, [
      { operator: "grace", action: "insert policy" },
      { operator: "grace", action: "insert task_policy" },
    ]);
    await client.query("commit");
  } finally {
    client.release();
  }
  const [policy] = (await as((tx) => listAudit(tx, { first: 1 }))).entries;
  assert.deepEqual([policy?.action, policy?.operator, policy?.userId], ["insert policy", "grace", null]);
});

test("entries and notes of ticks are forgotten after AUDIT_RETENTION_DAYS, and no sooner", async () => {
  const { id } = await as((tx) => createSchedule(tx, { name: "old", task: "chore", expression: "@daily" }));
  await as((tx) => runSchedule(tx, id));
  const left = async () => {
    const { rows } = await db.pool("admin").query<{ entries: number; runs: number }>(
      `select (select count(*) from rowlock.audit_entries)::int as entries,
                (select count(*) from rowlock.schedule_runs where tick_at < now() - interval '1 day')::int as runs`,
    );
    return rows[0];
  };
  await db.pool("admin").query("update rowlock.audit_entries set at = now() - interval '40 days'");
  await db.pool("admin").query("update rowlock.schedule_runs set tick_at = tick_at - interval '40 days'");
  const before = await left();
  const forget = (auditDays: number) =>
    forgetExpired(
      { pool: db.pool("task"), longestDays: undefined, auditDays, logger: testLogger },
      new AbortController().signal,
    );
  await forget(41);
  assert.deepEqual(await left(), before);
  assert.ok((before?.entries ?? 0) > 0 && (before?.runs ?? 0) > 0);
  await forget(39);
  assert.deepEqual(await left(), { entries: 0, runs: 0 });
});
