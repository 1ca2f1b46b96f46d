import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  defineTask,
  findJob,
  type LongContext,
  launchJob,
  RetryLater,
  type Task,
  type TransactionalContext,
} from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, deliver, jobRow, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, removeMember, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

let made = 0;
type Options = { maxAttempts?: number; timeoutMs?: number; output?: z.ZodType };

async function makeLong(run: (context: LongContext) => unknown, options: Options = {}): Promise<Task> {
  made += 1;
  const task = defineTask({
    name: `long-${made}`,
    kind: "long",
    input: z.object({}),
    backOff: { baseMs: 10_000 },
    ...options,
    run: async (_payload, context) => await run(context),
  });
  await register(db, task);
  return task as Task;
}

const launch = (task: Task, who = org) =>
  withTenant(db.pool("api"), who.member, (tx) => launchJob(tx, task, {}));
const note = (text: string) => (tx: TransactionalContext["tx"]) =>
  tx.query("insert into app.notes (text) values ($1)", [text]);
const written = async (text: string) => (await noteTexts(db)).filter((found) => found === text).length;

async function eventCodes(id: string) {
  const { rows } = await db
    .pool("admin")
    .query<{ code: string }>("select code from rowlock.job_events where job_id = $1 order by id", [id]);
  return rows.map((row) => row.code);
}

/** A pair of promise and its switch. */
function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { passed: promise, open: () => resolve() };
}

test("a long job is seen running, with its progress, and holds no connection while it waits", async () => {
  const [working, finish] = [gate(), gate()];
  const task = await makeLong(
    async ({ progress, transaction, job }) => {
      await progress(0.25, "a quarter");
      await progress(0.5, "too soon after the first to be written");
      working.open();
      await finish.passed;
      await transaction(note("long"));
      return job.attempt;
    },
    { output: z.number() },
  );
  const id = await launch(task);
  const delivery = deliver(db, id, task);
  await working.passed;
  const seen = await withTenant(db.pool("api"), org.member, (tx) => findJob(tx, id));
  assert.deepEqual(
    [seen?.state, seen?.attempt, seen?.progress, seen?.finishedAt],
    ["running", 1, { fraction: 0.25, note: "a quarter" }, null],
  );
  assert.ok(seen?.startedAt);
  const { rows } = await db.pool("admin").query(
    `select count(*)::int as busy from pg_stat_activity
     where datname = current_database() and usename = 'rowlock_task' and state <> 'idle'`,
  );
  assert.deepEqual(rows, [{ busy: 0 }]);
  finish.open();
  assert.deepEqual(await delivery, { kind: "succeeded" });
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.attempt, job.result], ["succeeded", 1, 1]);
  assert.deepEqual(await deliver(db, id, task), { kind: "ended" });
  assert.equal(await written("long"), 1);
});

test("progress told too soon after the last is written when its time has come, the latest of it", async () => {
  const [told, finish] = [gate(), gate()];
  const task = await makeLong(async ({ progress }) => {
    for (const fraction of [0.1, 0.2, 0.3]) await progress(fraction, `at ${fraction}`);
    told.open();
    await finish.passed;
  });
  const id = await launch(task);
  const delivery = deliver(db, id, task);
  await told.passed;
  await until(
    () => jobRow(db, id),
    ({ progressNote }) => progressNote === "at 0.3",
    2_000,
  );
  finish.open();
  assert.deepEqual(await delivery, { kind: "succeeded" });
});

test("progress is written at most twice a second, and its end always", async () => {
  const seen: (number | null)[] = [];
  const task = await makeLong(async ({ progress, job }) => {
    for (const fraction of [0.1, 0.2, 0.3, 1]) {
      await progress(fraction);
      seen.push((await jobRow(db, job.id)).progress);
    }
    await sleep(510);
    await progress(0.9, "a note with a NUL \0 and more than 500 characters ".padEnd(600, "."));
    const { progress: last, progressNote } = await jobRow(db, job.id);
    seen.push(last);
    assert.equal(progressNote?.length, 500);
  });
  assert.deepEqual(await deliver(db, await launch(task), task), { kind: "succeeded" });
  assert.deepEqual(
    seen.map((fraction) => Math.round((fraction ?? 0) * 10) / 10),
    [0.1, 0.1, 0.1, 1, 0.9],
  );
});

test("progress may be told while a transaction is open, and transactions may overlap", async () => {
  const task = await makeLong(
    async ({ transaction, progress }) => {
      await transaction(async (tx) => {
        await note("outer")(tx);
        await progress(1, "inside");
        await transaction(note("overlapping"));
      });
    },
    { timeoutMs: 5_000, maxAttempts: 1 },
  );
  assert.deepEqual(await deliver(db, await launch(task), task), { kind: "succeeded" });
  assert.equal((await written("outer")) + (await written("overlapping")), 2);
});

test("each transaction of a long job has the launcher's claims and rolls back alone", async () => {
  const task = await makeLong(
    async ({ transaction, job }) => {
      const claims = await transaction(async (tx) => {
        const { rows } =
          await tx.query(`select current_user as "user", current_setting('rowlock.organization_id') as org,
        current_setting('rowlock.role') as role, current_setting('rowlock.job_id') as job`);
        return rows[0];
      });
      assert.deepEqual(claims, {
        user: "rowlock_tenant",
        org: org.organizationId,
        role: "member",
        job: job.id,
      });
      await transaction(note("kept"));
      await assert.rejects(
        transaction(async (tx) => {
          await note("undone")(tx);
          throw new Error("undo");
        }),
        /undo/,
      );
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task);
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  assert.deepEqual([await written("kept"), await written("undone")], [1, 0]);
});

test("a job taken over by another delivery writes nothing more", async () => {
  const [started, takenOver] = [gate(), gate()];
  const refusals: unknown[] = [];
  let deliveries = 0;
  const task = await makeLong(
    async ({ transaction, progress, launch: launchChild, job }) => {
      deliveries += 1;
      if (deliveries > 1) {
        await transaction(note("by the second"));
        return job.attempt;
      }
      started.open();
      await takenOver.passed;
      for (const attempt of [
        () => transaction(note("by the first")),
        () => progress(1),
        () => launchChild(task, {}),
      ]) {
        refusals.push(await attempt().catch((error: { code: string }) => error.code));
      }
      return 0;
    },
    { output: z.number() },
  );
  const id = await launch(task);
  const first = deliver(db, id, task);
  await started.passed;
  // The worker was thought dead: its running job is delivered again. The attempt it lost does not count.
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  takenOver.open();
  assert.deepEqual(await first, { kind: "lost" });
  assert.deepEqual(refusals, ["JOB_LOST", "JOB_LOST", "JOB_LOST"]);
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.attempt, job.result], ["succeeded", 1, 1]);
  assert.deepEqual([await written("by the first"), await written("by the second")], [0, 1]);
});

test("a failure told by a delivery that lost the job changes nothing", async () => {
  const [started, takenOver] = [gate(), gate()];
  let deliveries = 0;
  const task = await makeLong(
    async () => {
      deliveries += 1;
      if (deliveries > 1) return;
      started.open();
      await takenOver.passed;
      throw new Error("late");
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task);
  const first = deliver(db, id, task);
  await started.passed;
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  takenOver.open();
  assert.deepEqual(await first, { kind: "lost" });
  assert.equal((await jobRow(db, id)).state, "succeeded");
  assert.deepEqual(await eventCodes(id), []);
});

test("a job is not taken over while one of its transactions is open", async () => {
  const [inside, done] = [gate(), gate()];
  const task = await makeLong(({ transaction }) =>
    transaction(async (tx) => {
      await note("uninterrupted")(tx);
      inside.open();
      await done.passed;
    }),
  );
  const id = await launch(task);
  const first = deliver(db, id, task);
  await inside.passed;
  assert.deepEqual(await deliver(db, id, task), { kind: "held" });
  done.open();
  assert.deepEqual(await first, { kind: "succeeded" });
  assert.equal(await written("uninterrupted"), 1);
});

test("a launch of a long job is a transaction of its own", async () => {
  const child = await makeLong(() => undefined);
  let launched = "";
  const task = await makeLong(
    async ({ launch: launchChild }) => {
      launched = await launchChild(child, {});
      throw new Error("after the launch");
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task);
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, launched);
  assert.deepEqual([job.state, job.parentId, job.organizationId], ["queued", id, org.organizationId]);
});

test("a failed attempt is tried again; the attempts count and the progress starts anew", async () => {
  const task = await makeLong(
    async ({ progress, transaction }) => {
      await progress(1, "all");
      await transaction(note("each attempt"));
      throw new Error("secret");
    },
    { maxAttempts: 2 },
  );
  const id = await launch(task);
  assert.equal((await deliver(db, id, task)).kind, "retried");
  const between = await jobRow(db, id);
  assert.deepEqual(
    [between.state, between.attempt, between.progress, between.progressNote],
    ["scheduled", 1, null, null],
  );
  await asOwner(db, "update rowlock.live set state = 'queued', run_at = now() where id = $1", [id]);
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.attempt, job.errorCode], ["failed", 2, "TASK_FAILED"]);
  assert.doesNotMatch(job.errorMessage ?? "", /secret/);
  assert.equal(await written("each attempt"), 2);
});

test("RetryLater costs a long job no attempt", async () => {
  let late = true;
  const task = await makeLong(
    () => {
      if (late) throw new RetryLater("busy", 5_000);
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task);
  assert.equal((await deliver(db, id, task)).kind, "snoozed");
  assert.deepEqual([(await jobRow(db, id)).state, (await jobRow(db, id)).attempt], ["scheduled", 0]);
  late = false;
  await asOwner(db, "update rowlock.live set state = 'queued', run_at = now() where id = $1", [id]);
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  assert.equal((await jobRow(db, id)).attempt, 1);
});

test("a result that cannot be stored fails a long job at once instead of running it for ever", async () => {
  for (const result of ["a\0b", "\udc00", 5]) {
    const task = await makeLong(() => result, { output: z.string() });
    const id = await launch(task);
    assert.equal((await deliver(db, id, task)).kind, "failed");
    assert.equal((await jobRow(db, id)).errorCode, "INVALID_RESULT");
  }
});

test("beyond its time limit a long job writes nothing, though its handler goes on regardless", async () => {
  const { promise: told, resolve: tell } = Promise.withResolvers<string[]>();
  const task = await makeLong(
    async ({ transaction, signal }) => {
      await transaction(note("in time"));
      await sleep(1_300);
      const codes: string[] = [String(signal.aborted)];
      await transaction(note("late")).catch((error: { code: string }) => codes.push(error.code));
      tell(codes);
    },
    { timeoutMs: 100, maxAttempts: 1 },
  );
  const id = await launch(task);
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.errorCode], ["failed", "JOB_TIMEOUT"]);
  assert.deepEqual(await told, ["true", "JOB_TIMEOUT"]);
  assert.deepEqual([await written("in time"), await written("late")], [1, 0]);
});

test("a transaction left open beyond the limit is cut, and does not keep the job from ending", async () => {
  const task = await makeLong(
    ({ transaction }) =>
      transaction(async (tx) => {
        await note("never committed")(tx);
        await sleep(20_000, undefined, { ref: false });
      }),
    { timeoutMs: 100, maxAttempts: 1 },
  );
  const id = await launch(task);
  const begun = Date.now();
  assert.equal((await deliver(db, id, task)).kind, "failed");
  assert.ok(Date.now() - begun < 3_000);
  assert.equal((await jobRow(db, id)).errorCode, "JOB_TIMEOUT");
  assert.equal(await written("never committed"), 0);
});

for (const moment of ["at its entry", "in a query", "at its commit"] as const) {
  test(`a database failure in a long job's transaction, ${moment}, costs no attempt`, async () => {
    let cut = true;
    const task = await makeLong(
      async ({ transaction, job }) => {
        if (cut && moment === "at its entry") await cutWhileEntering(job.id, transaction);
        await transaction(async (tx) => {
          if (!cut) return;
          const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
          await db.pool("admin").query("select pg_terminate_backend($1)", [rows[0]?.pid]);
          if (moment === "in a query") await tx.query("select 1");
        });
        return job.attempt;
      },
      { maxAttempts: 1, output: z.number() },
    );
    const id = await launch(task);
    await assert.rejects(deliver(db, id, task));
    assert.deepEqual([(await jobRow(db, id)).state, (await jobRow(db, id)).attempt], ["running", 1]);
    cut = false;
    assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
    assert.deepEqual((await jobRow(db, id)).attempt, 1);
  });
}

/** Holds the job's row, so that the transaction waits to be let in, and ends its session there. */
async function cutWhileEntering(id: string, transaction: LongContext["transaction"]): Promise<void> {
  const holder = await db.pool("admin").connect();
  try {
    await holder.query("begin");
    await holder.query("select from rowlock.live where id = $1 for update", [id]);
    const entering = transaction(async () => undefined);
    entering.catch(() => undefined);
    await until(
      () =>
        db.pool("admin").query(
          `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and wait_event_type = 'Lock' and query like '%resume_job%'`,
        ),
      ({ rows }) => rows.length === 1,
    );
    await entering;
  } finally {
    await holder.query("rollback");
    holder.release();
  }
}

test("a worker that stops hands a long job back, also when the handler is deaf", async () => {
  for (const deaf of [false, true]) {
    const stopping = new AbortController();
    const task = await makeLong(async ({ signal }) => {
      if (stopping.signal.aborted) return;
      stopping.abort();
      await sleep(5_000, undefined, deaf ? { ref: false } : { signal });
    });
    const id = await launch(task);
    assert.deepEqual(await deliver(db, id, task, stopping.signal), { kind: "handed-back" });
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt], ["waiting", 0]);
    assert.deepEqual(await eventCodes(id), ["WORKER_STOPPING"]);
    await asOwner(db, "update rowlock.live set state = 'queued' where id = $1", [id]);
    assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
    assert.equal((await waitForJob(db, id, "succeeded")).attempt, 1);
  }
});

test("a member removed in the middle may write nothing more", async () => {
  const leaving = await makeOrganization(db, { role: "member" });
  const task = await makeLong(async ({ transaction }) => {
    await removeMember(db, leaving.member);
    await transaction(note("after leaving"));
  });
  const id = await launch(task, leaving);
  assert.equal((await deliver(db, id, task)).kind, "retried");
  assert.deepEqual(await eventCodes(id), ["NOT_A_MEMBER"]);
  await asOwner(db, "update rowlock.live set state = 'queued', run_at = now() where id = $1", [id]);
  assert.deepEqual(await deliver(db, id, task), { kind: "cancelled" });
  assert.equal(await written("after leaving"), 0);
});
