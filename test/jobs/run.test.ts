import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { Discard, defineTask, launchJob, RetryLater, type Task } from "../../src/jobs/index.ts";
import { type LaunchOptions, RowlockError } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import {
  brokerRows,
  createNotes,
  deliver,
  jobRow,
  noteTexts,
  register,
  waitForJob,
} from "../helpers/jobs.ts";
import {
  asOwner,
  makeOrganization,
  removeMember,
  suspend,
  type TestOrganization,
} from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

let made = 0;
type Definition = Parameters<typeof defineTask<z.ZodType<{ text: string }>, z.ZodType>>[0];

/** A task that writes a note and then does what the test says; registered under a name of its own. */
async function makeTask(
  run: Extract<Definition, { kind?: "transactional" }>["run"],
  rest: Partial<Omit<Extract<Definition, { kind?: "transactional" }>, "run" | "name" | "kind">> = {},
): Promise<Task<{ text: string }>> {
  made += 1;
  const task = defineTask({
    name: `run-${made}`,
    input: z.object({ text: z.string() }),
    backOff: { baseMs: 1_000 },
    ...rest,
    async run(payload, context) {
      await context.tx.query("insert into app.notes (text) values ($1)", [payload.text]);
      return await run(payload, context);
    },
  });
  await register(db, task);
  return task as Task<{ text: string }>;
}

const launch = (task: Task<{ text: string }>, text: string, options?: LaunchOptions, who = org) =>
  withTenant(db.pool("api"), who.member, (tx) => launchJob(tx, task, { text }, options));

const written = async (text: string) => (await noteTexts(db)).filter((note) => note === text).length;

async function events(id: string) {
  const { rows } = await db
    .pool("admin")
    .query("select kind, attempt, code, message from rowlock.job_events where job_id = $1 order by id", [id]);
  return rows;
}

/** Lets a scheduled job wait, as the dispatcher does when its time has come. */
async function makeDue(id: string): Promise<void> {
  await asOwner(db, "update rowlock.live set run_at = now(), state = 'waiting' where id = $1", [id]);
}

test("effect, result and end commit together, once, however often the job is delivered", async () => {
  const task = await makeTask(({ text }, { job }) => ({ text, attempt: job.attempt }), {
    output: z.object({ text: z.string(), attempt: z.number() }),
  });
  const id = await launch(task, "once");
  assert.deepEqual(await deliver(db, id, task), { kind: "succeeded" });
  assert.deepEqual(await deliver(db, id, task), { kind: "ended" });
  const job = await jobRow(db, id);
  assert.deepEqual(
    [job.state, job.attempt, job.result, job.errorCode],
    ["succeeded", 1, { text: "once", attempt: 1 }, null],
  );
  assert.equal(await written("once"), 1);
  const { rows } = await db
    .pool("admin")
    .query(
      "select started_at >= run_at as started, finished_at >= started_at as finished from rowlock.job_end where id = $1",
      [id],
    );
  assert.deepEqual(rows, [{ started: true, finished: true }]);
});

test("two deliveries at once: one runs, the other leaves", async () => {
  const { promise: running, resolve: told } = Promise.withResolvers<void>();
  const { promise: open, resolve: release } = Promise.withResolvers<void>();
  const task = await makeTask(async () => {
    told();
    await open;
  });
  const id = await launch(task, "twice");
  const first = deliver(db, id, task);
  await running;
  assert.deepEqual(await deliver(db, id, task), { kind: "held" });
  release();
  assert.deepEqual(await first, { kind: "succeeded" });
  assert.equal(await written("twice"), 1);
});

test("the handler sees its job and runs under the launcher's claims, whatever role the worker has", async () => {
  let seen: unknown;
  const task = await makeTask(async (_payload, { tx, job }) => {
    const { rows } = await tx.query(`
      select current_user as "user", current_setting('rowlock.organization_id') as organization,
             current_setting('rowlock.user_id') as claimed, current_setting('rowlock.role') as role,
             current_setting('rowlock.source') as source, current_setting('rowlock.job_id') as job`);
    seen = { ...rows[0], info: { ...job, createdAt: job.createdAt instanceof Date } };
  });
  const id = await launch(task, "claims", { key: "k", maxAttempts: 9 });
  await deliver(db, id, task);
  assert.deepEqual(seen, {
    user: "rowlock_tenant",
    organization: org.organizationId,
    claimed: org.userId,
    role: "member",
    source: "task",
    job: id,
    info: {
      id,
      task: task.definition.name,
      organizationId: org.organizationId,
      userId: org.userId,
      key: "k",
      attempt: 1,
      maxAttempts: 9,
      createdAt: true,
    },
  });
});

test("a result that breaks the output's shape, is too large or cannot be stored fails the job at once", async () => {
  const shaped = { output: z.object({ count: z.number() }) };
  const text = { output: z.string() };
  const cases: [unknown, object, RegExp][] = [
    [{ count: "three" }, shaped, /output of "run-\d+": \/count/],
    [undefined, shaped, /output/],
    ["x".repeat(300_000), text, /has 300002 bytes; at most 262144/],
    ["a\0b", text, /Postgres cannot store/],
  ];
  for (const [result, rest, message] of cases) {
    const task = await makeTask(() => result, rest);
    const id = await launch(task, "bad result");
    assert.equal((await deliver(db, id, task)).kind, "failed");
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt, job.errorCode], ["failed", 1, "INVALID_RESULT"]);
    assert.match(job.errorMessage ?? "", message);
  }
  assert.equal(await written("bad result"), 0);
});

test("without an output schema there is no result", async () => {
  const task = await makeTask(() => ({ secret: "not kept" }));
  const id = await launch(task, "no output");
  await deliver(db, id, task);
  assert.equal((await jobRow(db, id)).result, null);
});

test("a payload that SQL launched and that does not fit fails before the handler, with the path and no retry", async () => {
  const task = await makeTask(() => assert.fail("must not run"));
  const id = await withTenant(db.pool("api"), org.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>("select rowlock.launch_job($1, $2) as id", [
      task.definition.name,
      { text: 5 },
    ]);
    return rows[0]?.id ?? "";
  });
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.attempt, job.errorCode], ["failed", 1, "INVALID_PAYLOAD"]);
  assert.match(job.errorMessage ?? "", /\/text .*expected string/);
  assert.deepEqual(await events(id), [
    { kind: "failed", attempt: 1, code: "INVALID_PAYLOAD", message: job.errorMessage },
  ]);
});

test("a failed attempt leaves nothing, and is tried again with a growing wait, half of it by chance, then failed", async () => {
  const task = await makeTask(
    () => {
      throw new Error("secret of the tenant next door");
    },
    { maxAttempts: 4, backOff: { baseMs: 10_000, maxMs: 30_000 } },
  );
  const waits: number[][] = [];
  for (let round = 0; round < 6; round += 1) {
    const id = await launch(task, "retried");
    const waited: number[] = [];
    for (let attempt = 1; attempt <= 4; attempt += 1) {
      const begun = Date.now();
      const outcome = await deliver(db, id, task);
      const job = await jobRow(db, id);
      if (attempt === 4) {
        assert.equal(outcome.kind, "failed");
        assert.deepEqual([job.state, job.attempt, job.errorCode], ["failed", 4, "TASK_FAILED"]);
        break;
      }
      assert.equal(outcome.kind, "retried");
      assert.deepEqual([job.state, job.attempt, job.fence], ["scheduled", attempt, attempt]);
      waited.push(job.runAt.getTime() - begun);
      // The delivery that failed is complete to the broker; the dispatcher makes the next when its time has come.
      assert.equal((await brokerRows(db)).filter((row) => row.payload.job === id).length, 1);
      assert.equal((await deliver(db, id, task)).kind, "early");
      await makeDue(id);
    }
    waits.push(waited);
    assert.deepEqual(
      (await events(id)).map((event) => [event.kind, event.attempt, event.code]),
      [
        ["retried", 1, "TASK_FAILED"],
        ["retried", 2, "TASK_FAILED"],
        ["retried", 3, "TASK_FAILED"],
        ["failed", 4, "TASK_FAILED"],
      ],
    );
  }
  assert.equal(await written("retried"), 0);
  const slack = 1_000;
  for (const [index, full] of [10_000, 20_000, 30_000].entries()) {
    const each = waits.map((waited) => waited[index] ?? 0);
    for (const wait of each) assert.ok(wait >= full / 2 && wait <= full + slack, `${wait} of ${full}`);
    assert.ok(new Set(each.map((wait) => Math.round(wait / 50))).size > 1, `no chance in ${each}`);
  }
  const { rows } = await db
    .pool("admin")
    .query("select count(*)::int as n from rowlock.job_events e where e.message like '%next door%'");
  assert.deepEqual(rows, [{ n: 0 }]);
});

test("of an unknown error only its kind is kept; what a RowlockError says is kept", async () => {
  const thrown: [unknown, string, string][] = [
    [new TypeError("password=hunter2"), "TASK_FAILED", "The task threw an error (TypeError)."],
    ["hunter2", "TASK_FAILED", "The task threw an error."],
    [
      Object.assign(new Error("hunter2"), { name: "hunter2 is the password" }),
      "TASK_FAILED",
      "The task threw an error.",
    ],
    [new RowlockError("INTERNAL", "hunter2"), "TASK_FAILED", "The task threw an error (RowlockError)."],
    [new RowlockError("FETCH_FAILED", "It answered 503."), "FETCH_FAILED", "It answered 503."],
    [new Discard("No such document.", "NO_SUCH_DOCUMENT"), "NO_SUCH_DOCUMENT", "No such document."],
    [new Discard("a\0b", "NUL\0"), "NUL", "ab"],
    [new Discard("x".repeat(1_000)), "TASK_FAILED", "x".repeat(500)],
  ];
  for (const [error, code, message] of thrown) {
    const task = await makeTask(
      () => {
        throw error;
      },
      { maxAttempts: 1 },
    );
    const id = await launch(task, "thrown");
    assert.equal((await deliver(db, id, task)).kind, "failed");
    const job = await jobRow(db, id);
    assert.equal(job.errorCode, code);
    assert.ok(job.errorMessage?.startsWith(message), job.errorMessage ?? "");
    assert.doesNotMatch(JSON.stringify([job, await events(id)]), /hunter2/);
  }
});

test("a database error of the handler names its SQLSTATE and not its text", async () => {
  const task = await makeTask(({ text }, { tx }) => tx.query(`select '${text} hunter2'::int`), {
    maxAttempts: 1,
  });
  const id = await launch(task, "database error");
  await deliver(db, id, task);
  const { errorMessage } = await jobRow(db, id);
  assert.match(errorMessage ?? "", /a database error \(22P02\)/);
  assert.doesNotMatch(errorMessage ?? "", /hunter2/);
});

test("an error that the handler swallowed, and one that only the commit finds, fail the attempt", async () => {
  await asOwner(
    db,
    `create table app.later (organization_id uuid default rowlock.claimed_organization(), n int unique deferrable initially deferred);
     select rowlock.protect_table('app.later'); grant select, insert on app.later to rowlock_tenant`,
  );
  const swallowing = await makeTask((_payload, { tx }) => tx.query("select 1 / 0").catch(() => null), {
    maxAttempts: 1,
  });
  const deferred = await makeTask(
    (_payload, { tx }) => tx.query("insert into app.later (n) values (1), (1)"),
    {
      maxAttempts: 1,
    },
  );
  const careless = await makeTask((_payload, { tx }) => void tx.query("select 1 / 0"), { maxAttempts: 1 });
  for (const [task, message] of [
    [swallowing, /RowlockError/],
    [careless, /RowlockError/],
    [deferred, /23505/],
  ] as const) {
    const id = await launch(task, "swallowed");
    const outcome = await deliver(db, id, task);
    assert.equal(outcome.kind, "failed");
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.errorCode], ["failed", "TASK_FAILED"]);
    assert.match(job.errorMessage ?? "", message);
  }
  assert.equal(await written("swallowed"), 0);
});

test("a handler that ends its transaction by itself is told, and does not end the job half", async () => {
  const task = await makeTask(async (_payload, { tx }) => void (await tx.query("commit")), {
    maxAttempts: 1,
  });
  const id = await launch(task, "own commit");
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.errorCode], ["failed", "NO_CLAIMS"]);
  assert.match(job.errorMessage ?? "", /must not end the transaction/);
});

test("RetryLater waits as long as it says and costs no attempt", async () => {
  let late = true;
  const task = await makeTask(
    () => {
      if (late) throw new RetryLater("The rate limit is reached.", 60_000);
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task, "snoozed");
  for (let time = 0; time < 3; time += 1) {
    const begun = Date.now();
    assert.equal((await deliver(db, id, task)).kind, "snoozed");
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt], ["scheduled", 0]);
    assert.ok(Math.abs(job.runAt.getTime() - begun - 60_000) < 2_000);
    await makeDue(id);
  }
  late = false;
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  assert.equal((await jobRow(db, id)).attempt, 1);
  assert.deepEqual((await events(id))[0], {
    kind: "snoozed",
    attempt: 1,
    code: "RETRY_LATER",
    message: "The rate limit is reached.",
  });
  assert.equal(await written("snoozed"), 1);
});

test("Discard fails the job at once", async () => {
  const task = await makeTask(() => {
    throw new Discard("The document is gone.", "GONE");
  });
  const id = await launch(task, "discarded");
  assert.equal((await deliver(db, id, task)).kind, "failed");
  const job = await jobRow(db, id);
  assert.deepEqual(
    [job.state, job.attempt, job.errorCode, job.errorMessage],
    ["failed", 1, "GONE", "The document is gone."],
  );
  assert.equal(await written("discarded"), 0);
});

test("a handler beyond its time limit writes nothing, also when it ignores its signal", async () => {
  const { promise: ended, resolve: end } = Promise.withResolvers<unknown>();
  const deaf = await makeTask(
    async (_payload, { tx }) => {
      await sleep(1_600);
      end(
        await tx.query("insert into app.notes (text) values ('too late')").catch((error: unknown) => error),
      );
    },
    { timeoutMs: 100, maxAttempts: 2 },
  );
  const id = await launch(deaf, "deaf");
  const begun = Date.now();
  assert.equal((await deliver(db, id, deaf)).kind, "retried");
  assert.ok(Date.now() - begun < 1_500, "the worker does not wait for it");
  assert.equal((await events(id))[0]?.code, "JOB_TIMEOUT");
  assert.match(String(await ended), /This transaction has ended/);
  assert.equal((await written("deaf")) + (await written("too late")), 0);
});

test("a handler that heeds its signal, or whose statement runs on, is timed out as well", async () => {
  const heeding = await makeTask((_payload, { signal }) => sleep(10_000, undefined, { signal }), {
    timeoutMs: 60,
    maxAttempts: 1,
  });
  const inSql = await makeTask((_payload, { tx }) => tx.query("select pg_sleep(10)"), {
    timeoutMs: 200,
    maxAttempts: 1,
  });
  for (const task of [heeding, inSql]) {
    const id = await launch(task, "overdue");
    const begun = Date.now();
    assert.equal((await deliver(db, id, task)).kind, "failed");
    assert.ok(Date.now() - begun < 1_000);
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt, job.errorCode], ["failed", 1, "JOB_TIMEOUT"]);
  }
  assert.equal(await written("overdue"), 0);
});

test("a statement begun shortly before the limit does not hold the job beyond it", async () => {
  const task = await makeTask(
    async (_payload, { tx }) => {
      await sleep(1_900);
      await tx.query("select pg_sleep(10)");
    },
    { timeoutMs: 2_000, maxAttempts: 1 },
  );
  const id = await launch(task, "late statement");
  const begun = Date.now();
  assert.equal((await deliver(db, id, task)).kind, "failed");
  assert.ok(Date.now() - begun < 3_500, `${Date.now() - begun} ms`);
  assert.equal((await jobRow(db, id)).errorCode, "JOB_TIMEOUT");
});

test("a connection lost under the handler costs no attempt: the broker delivers again", async () => {
  let wrap: "plain" | "wrapped" | undefined;
  const task = await makeTask(
    async (_payload, { tx }) => {
      if (wrap === undefined) return;
      const { rows } = await tx.query<{ pid: number }>("select pg_backend_pid() as pid");
      await db.pool("admin").query("select pg_terminate_backend($1)", [rows[0]?.pid]);
      await tx.query("select 1").catch((cause: unknown) => {
        throw wrap === "plain" ? cause : new Error("could not save", { cause });
      });
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task, "lost connection");
  for (wrap of ["plain", "wrapped"] as const) {
    await assert.rejects(deliver(db, id, task));
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt], ["queued", 0]);
  }
  wrap = undefined;
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  assert.equal((await jobRow(db, id)).attempt, 1);
  assert.deepEqual(await events(id), []);
  assert.equal(await written("lost connection"), 1);
});

test("an outside service that refuses the connection is no failure of the database: the attempt counts", async () => {
  const task = await makeTask(
    () => {
      throw Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED", syscall: "connect" });
    },
    { maxAttempts: 1 },
  );
  const id = await launch(task, "outside");
  assert.equal((await deliver(db, id, task)).kind, "failed");
  assert.equal((await jobRow(db, id)).errorCode, "TASK_FAILED");
});

test("a job whose launcher has left, or whose organization is suspended, is cancelled before it begins", async () => {
  const task = await makeTask(() => assert.fail("must not run"));
  const left = await makeOrganization(db, { role: "member" });
  const closed = await makeOrganization(db);
  const cases = [
    [await launch(task, "left", {}, left), "NOT_A_MEMBER"],
    [await launch(task, "closed", {}, closed), "ORGANIZATION_INACTIVE"],
  ] as const;
  await removeMember(db, left.member);
  await suspend(db, closed.organizationId);
  for (const [id, code] of cases) {
    assert.deepEqual(await deliver(db, id, task), { kind: "cancelled" });
    const job = await jobRow(db, id);
    assert.deepEqual([job.state, job.attempt, job.errorCode], ["cancelled", 0, code]);
    assert.deepEqual(await deliver(db, id, task), { kind: "ended" });
  }
  assert.equal((await written("left")) + (await written("closed")), 0);
});

test("a broker row under another task's name runs nothing; the job goes back under its own", async () => {
  const [right, wrong] = [await makeTask(() => undefined), await makeTask(() => assert.fail("must not run"))];
  const id = await launch(right, "renamed");
  assert.deepEqual(await deliver(db, id, wrong), { kind: "held" });
  const rows = (await brokerRows(db)).filter((row) => row.payload.job === id);
  assert.deepEqual(
    rows.map((row) => row.task),
    [right.definition.name, right.definition.name],
  );
  assert.equal((await deliver(db, id, right)).kind, "succeeded");
});

test("an unknown job is nothing to do", async () => {
  const task = await makeTask(() => assert.fail("must not run"));
  assert.deepEqual(await deliver(db, "01890000-0000-7000-8000-000000000000", task), { kind: "ended" });
});

test("a worker that stops hands the job back: no attempt counted, nothing written, another runs it", async () => {
  const stopping = new AbortController();
  const task = await makeTask(async (_payload, { signal }) => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    await sleep(10_000, undefined, { signal });
  });
  const id = await launch(task, "handed back");
  assert.deepEqual(await deliver(db, id, task, stopping.signal), { kind: "handed-back" });
  const job = await jobRow(db, id);
  assert.deepEqual([job.state, job.attempt], ["waiting", 0]);
  assert.deepEqual(
    (await events(id)).map((event) => [event.kind, event.code]),
    [["handed_back", "WORKER_STOPPING"]],
  );
  assert.equal(await written("handed back"), 0);
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  assert.equal((await waitForJob(db, id, "succeeded")).attempt, 1);
  assert.equal(await written("handed back"), 1);
});
