import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  Discard,
  defineTask,
  launchJobs,
  type Outcome,
  RetryLater,
  runBundle,
  type Task,
} from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, deliver, jobRows, noteTexts, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, removeMember, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db);
});
after(() => db.drop());

type Run = Extract<
  Parameters<typeof defineTask<z.ZodType<{ n: number }>, z.ZodType>>[0],
  { kind?: "transactional" }
>;
let made = 0;

/** A task that writes the note `<name> <n>` and then does what the test says. */
async function makeTask(run: Run["run"], rest: Partial<Run> = {}): Promise<Task<{ n: number }>> {
  made += 1;
  const name = `bundle-${made}`;
  const task = defineTask({
    name,
    input: z.object({ n: z.number() }),
    ...rest,
    async run(payload, context) {
      await context.tx.query("insert into app.notes (text) values ($1)", [`${name} ${payload.n}`]);
      return await run(payload, context);
    },
  });
  await register(db, task);
  return task as Task<{ n: number }>;
}

const launch = (task: Task<{ n: number }>, payloads: unknown[], who = org) =>
  withTenant(db.pool("api"), who.member, async (tx) => {
    const { rows } = await tx.query<{ id: string }>("select rowlock.launch_jobs($1, $2::jsonb[]) as id", [
      task.definition.name,
      payloads.map((payload) => JSON.stringify(payload)),
    ]);
    return rows.map(({ id }) => id);
  });
const numbers = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));

async function run(
  task: Task<{ n: number }>,
  ids: readonly string[],
  stopping = new AbortController().signal,
): Promise<Map<string, Outcome>> {
  return await runBundle(db.pool("task"), ids, task.definition, stopping);
}

/** As `run`, and again for those whose turn did not come: a slow machine uses the time up early. */
async function runAll(task: Task<{ n: number }>, ids: readonly string[]): Promise<void> {
  for (let left = ids; left.length > 0; ) {
    const outcomes = await run(task, left);
    left = left.filter((id) => outcomes.get(id)?.kind === "put-off");
  }
}

/** Numbers whose note is there. */
async function written({ definition }: Task<{ n: number }>): Promise<number[]> {
  const mine = (await noteTexts(db)).filter((text) => text.startsWith(`${definition.name} `));
  return mine.map((text) => Number(text.split(" ")[1])).sort((a, b) => a - b);
}

/** Notes like a pattern, as the statements that wrote them came. */
async function writtenInOrder(pattern: string): Promise<string[]> {
  const { rows } = await db
    .pool("admin")
    .query<{ text: string }>("select text from app.notes where text like $1 order by ctid", [pattern]);
  return rows.map(({ text }) => text);
}

async function states(ids: readonly string[]): Promise<string[]> {
  return (await jobRows(db, ids)).map(({ state, attempt, errorCode }) =>
    [state, attempt, errorCode].filter((part) => part !== null).join(" "),
  );
}

test("jobs of a bundle commit together, each with its result and under its own id", async () => {
  const task = await makeTask(
    async ({ n }, { tx, job }) => {
      const { rows } = await tx.query("select current_setting('rowlock.job_id') as id, current_user as role");
      return { n, own: rows[0]?.id === job.id && rows[0]?.role === "rowlock_tenant" };
    },
    { output: z.object({ n: z.number(), own: z.boolean() }) },
  );
  const ids = await launch(task, numbers(20));
  const outcomes = await run(task, ids);
  assert.deepEqual(
    [...outcomes.values()],
    ids.map(() => ({ kind: "succeeded" })),
  );
  assert.deepEqual(
    (await jobRows(db, ids)).map(({ result, state }) => [state, result]),
    ids.map((_, n) => ["succeeded", { n, own: true }]),
  );
  const { rows } = await db
    .pool("admin")
    .query("select count(distinct e.xmin::text)::int as n from rowlock.job_end e where id = any($1)", [ids]);
  assert.deepEqual(rows, [{ n: 1 }], "in one transaction");
  assert.deepEqual(
    [...(await run(task, ids)).values()],
    ids.map(() => ({ kind: "ended" })),
  );
  assert.equal((await written(task)).length, 20);
});

test("of twenty the one that fails is undone alone, in every way there is to fail", async () => {
  const careless: Run["run"] = (_payload, { tx }) => {
    void tx.query("select 1 / 0");
    return 7;
  };
  const ways: [name: string, Run["run"], state: string][] = [
    ["throws", () => Promise.reject(new Error("no")), "scheduled 1"],
    ["discards", () => Promise.reject(new Discard("gone", "GONE")), "failed 1 GONE"],
    ["snoozes", () => Promise.reject(new RetryLater("later", 60_000)), "scheduled 0"],
    ["database error", (_p, { tx }) => tx.query("select 1 / 0"), "scheduled 1"],
    ["swallowed error", (_p, { tx }) => tx.query("select 1 / 0").catch(() => 7), "scheduled 1"],
    ["careless error", careless, "scheduled 1"],
    ["ends its transaction", (_p, { tx }) => tx.query("commit"), "scheduled 1"],
    ["rolls back", (_p, { tx }) => tx.query("rollback"), "scheduled 1"],
    ["bad result", () => ({ wrong: true }), "failed 1 INVALID_RESULT"],
  ];
  for (const [name, way, state] of ways) {
    const task = await makeTask((payload, context) => (payload.n === 7 ? way(payload, context) : payload.n), {
      output: z.number(),
    });
    const ids = await launch(task, numbers(20));
    await runAll(task, ids);
    const expected = ids.map((_, n) => (n === 7 ? state : "succeeded 1"));
    assert.deepEqual(await states(ids), expected, name);
    assert.deepEqual(
      await written(task),
      numbers(20)
        .map(({ n }) => n)
        .filter((n) => n !== 7),
      name,
    );
  }
});

test("an error that a handler caught with a savepoint of its own is no failure", async () => {
  const task = await makeTask(async (_payload, { tx }) => {
    await tx.query("savepoint mine");
    await tx.query("select 1 / 0").catch(() => undefined);
    await tx.query("rollback to savepoint mine");
  });
  const ids = await launch(task, numbers(5));
  await run(task, ids);
  assert.deepEqual(
    await states(ids),
    ids.map(() => "succeeded 1"),
  );
});

test("a payload that does not fit fails its job before the handler; the others run", async () => {
  const task = await makeTask(() => undefined);
  const ids = await launch(task, [{ n: 0 }, { n: "one" }, { n: 2 }]);
  await run(task, ids);
  assert.deepEqual(await states(ids), ["succeeded 1", "failed 1 INVALID_PAYLOAD", "succeeded 1"]);
  assert.deepEqual(await written(task), [0, 2]);
});

test("what only the commit finds fails the job that did it and no other", async () => {
  await asOwner(
    db,
    `create table app.later (organization_id uuid default rowlock.claimed_organization(), n int unique deferrable initially deferred);
     select rowlock.protect_table('app.later'); grant select, insert on app.later to rowlock_tenant`,
  );
  const task = await makeTask(async ({ n }, { tx }) => {
    await tx.query("insert into app.later (n) values ($1)", [n]);
    if (n === 1) await tx.query("insert into app.later (n) values (1)");
  });
  const ids = await launch(task, numbers(4));
  await run(task, ids);
  assert.deepEqual(await states(ids), ["succeeded 1", "scheduled 1", "succeeded 1", "succeeded 1"]);
  assert.deepEqual(await written(task), [0, 2, 3]);
});

test("what has not begun when the time is up waits again, and no attempt is counted", async () => {
  const task = await makeTask(() => sleep(60));
  const ids = await launch(task, numbers(50));
  const outcomes = await run(task, ids);
  const kinds = [...outcomes.values()].map(({ kind }) => kind);
  assert.deepEqual([...new Set(kinds)].toSorted(), ["put-off", "succeeded"]);
  const done = kinds.filter((kind) => kind === "succeeded").length;
  assert.ok(done >= 1 && done <= 48, `${done} done`);
  const after = await jobRows(db, ids);
  assert.equal(after.filter(({ state, attempt }) => state === "waiting" && attempt === 0).length, 50 - done);
  assert.equal((await written(task)).length, done);
});

test("a handler beyond its limit loses the connection; the others run all the same, once", async () => {
  const task = await makeTask(({ n }) => (n === 2 ? sleep(3_000) : undefined), { timeoutMs: 200 });
  const ids = await launch(task, numbers(5));
  await run(task, ids);
  assert.deepEqual(await states(ids), [
    "succeeded 1",
    "succeeded 1",
    "scheduled 1",
    "succeeded 1",
    "succeeded 1",
  ]);
  assert.deepEqual(await written(task), [0, 1, 3, 4]);
});

test("a worker that stops keeps what is done and hands the rest back", async () => {
  const stopping = new AbortController();
  const task = await makeTask(({ n }) => {
    // After the handler's end and before the next begins.
    if (n === 2) setImmediate(() => stopping.abort());
    return n < 3 ? undefined : sleep(20);
  });
  const ids = await launch(task, numbers(6));
  await run(task, ids, stopping.signal);
  const after = await states(ids);
  assert.equal(after.filter((state) => state === "waiting 0").length + (await written(task)).length, 6);
  assert.ok(after.includes("waiting 0"));
});

test("a transaction of the last job is no use after its end", async () => {
  const kept: Parameters<Run["run"]>[1]["tx"][] = [];
  const task = await makeTask(async ({ n }, { tx }) => {
    kept.push(tx);
    if (n === 1) {
      await assert.rejects(
        async () => await kept[0]?.query("insert into app.notes (text) values ('stolen')"),
        /has ended/,
      );
    }
  });
  const ids = await launch(task, numbers(2));
  await run(task, ids);
  assert.deepEqual(await states(ids), ["succeeded 1", "succeeded 1"]);
  assert.ok(!(await noteTexts(db)).includes("stolen"));
});

test("a bundle that names others' jobs runs those of one organization and user; the rest waits", async () => {
  const other = await makeOrganization(db);
  const task = await makeTask(() => undefined);
  const wrong = await makeTask(() => assert.fail("must not run"));
  const mine = await launch(task, numbers(2));
  const theirs = await launch(task, [{ n: 9 }], other);
  const misnamed = await launch(wrong, [{ n: 8 }]);
  const outcomes = await run(task, [...theirs, ...misnamed, ...mine]);
  assert.deepEqual(
    [...theirs, ...misnamed, ...mine].map((id) => outcomes.get(id)?.kind),
    ["held", "held", "succeeded", "succeeded"],
  );
  assert.deepEqual(await states([...theirs, ...misnamed]), ["waiting 0", "waiting 0"]);
  assert.deepEqual(await written(task), [0, 1]);
});

test("two deliveries of a bundle at once, and one of a job in it: each job runs once", async () => {
  const task = await makeTask(() => sleep(5));
  const ids = await launch(task, numbers(10));
  const [one, two] = await Promise.all([run(task, ids), run(task, ids), deliver(db, ids[9] ?? "", task)]);
  assert.equal(one.size + two.size, 20);
  assert.deepEqual(
    await written(task),
    numbers(10).map(({ n }) => n),
  );
});

test("a bundle of someone who left is cancelled", async () => {
  const leaving = await makeOrganization(db, { role: "member" });
  const task = await makeTask(() => assert.fail("must not run"));
  const ids = await withTenant(db.pool("api"), leaving.member, (tx) => launchJobs(tx, task, numbers(3)));
  await removeMember(db, leaving.member);
  await run(task, ids);
  assert.deepEqual(
    await states(ids),
    ids.map(() => "cancelled 0 NOT_A_MEMBER"),
  );
});

test("a worker whose clock is an hour off has its jobs tried again in time, singly and in a bundle", async (t) => {
  const task = await makeTask(
    () => {
      throw new Error("fails");
    },
    { backOff: { baseMs: 10_000 } },
  );
  const ids = await launch(task, numbers(3));
  const [first = "", ...others] = ids;
  t.mock.timers.enable({ apis: ["Date"], now: Date.now() + 3_600_000 });
  await deliver(db, first, task);
  await run(task, others);
  t.mock.timers.reset();
  const rows = await jobRows(db, ids);
  assert.deepEqual(
    rows.map(({ state }) => state),
    ids.map(() => "scheduled"),
  );
  for (const { runAt } of rows) {
    const aheadMs = runAt.getTime() - Date.now();
    assert.ok(aheadMs > 0 && aheadMs <= 10_000, `tried again in ${aheadMs} ms`);
  }
});

test("handlers of one statement overlap; to the database they come one after the other", async () => {
  const order: string[] = [];
  const task = await makeTask(({ n }) => {
    order.push(`end ${n}`);
  });
  const { run: handler } = task.definition;
  const watched: Task<{ n: number }>["definition"] = {
    ...task.definition,
    run(payload, context) {
      order.push(`begin ${z.object({ n: z.number() }).parse(payload).n}`);
      return handler(payload, context);
    },
  };
  await runAll({ ...task, definition: watched } as typeof task, await launch(task, numbers(40)));
  assert.ok(order.indexOf("begin 1") < order.indexOf("end 0"), order.slice(0, 6).join());
  assert.deepEqual(
    await writtenInOrder(`${task.definition.name} %`),
    numbers(40).map(({ n }) => `${task.definition.name} ${n}`),
  );
});

test("one that has more to send than at first makes the bundle run in turn: nobody reads what is half done", async () => {
  // Each reads how many there are and then writes that number: two statements, the second after the answer of the first.
  const task = await makeTask(async (_payload, { tx }) => {
    const { rows } = await tx.query<{ n: number }>(
      "select count(*)::int as n from app.notes where text like 'step %'",
    );
    await tx.query("insert into app.notes (text) values ($1)", [`step ${rows[0]?.n}`]);
  });
  const ids = await launch(task, numbers(20));
  await runAll(task, ids);
  assert.deepEqual(
    (await jobRows(db, ids)).map(({ state }) => state),
    numbers(20).map(() => "succeeded"),
  );
  assert.deepEqual(
    await writtenInOrder("step %"),
    numbers(20).map(({ n }) => `step ${n}`),
  );
});
