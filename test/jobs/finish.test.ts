import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { defineTask, type LongContext, launchJob, type Task } from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, deliver, jobRow, noteTexts, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

let made = 0;

/** A long task that ends with its last transaction, launched and run once. */
async function run(
  work: (tx: TenantTransaction, context: LongContext) => Promise<number>,
  { maxAttempts = 2, timeoutMs = 60_000, before = async (_: LongContext) => {} } = {},
) {
  made += 1;
  const task = defineTask({
    name: `finishing-${made}`,
    kind: "long",
    input: z.object({}),
    output: z.number(),
    maxAttempts,
    timeoutMs,
    async run(_payload, context) {
      await before(context);
      return context.finish((tx) => work(tx, context));
    },
  });
  await register(db, task);
  const id = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, task, {}));
  return { id, task: task as Task, outcome: await deliver(db, id, task as Task), row: await jobRow(db, id) };
}

const note = async (tx: TenantTransaction, text: string) => {
  await tx.query("insert into app.notes (text) values ($1)", [text]);
};
const written = async (text: string) => (await noteTexts(db)).filter((found) => found === text).length;

test("what the last transaction writes and the job's end are one commit, and what it returns is the result", async () => {
  let states: unknown[] = [];
  const { outcome, row } = await run(async (tx, { job }) => {
    await note(tx, "last");
    const id = job.id;
    states = await asOwner(db, "select state from rowlock.live where id = $1", [id]);
    assert.equal(await written("last"), 0, "seen before the commit");
    return 7;
  });
  assert.equal(outcome.kind, "succeeded");
  assert.deepEqual(states, [{ state: "running" }]);
  assert.equal(row.state, "succeeded");
  assert.equal(row.result, 7);
  assert.equal(await written("last"), 1);
});

test("when the last transaction fails, nothing of it is there and the job is tried again", async () => {
  let tries = 0;
  const once = async (tx: TenantTransaction) => {
    tries += 1;
    await note(tx, "again");
    if (tries === 1) await tx.query("select 1 / 0");
    return tries;
  };
  const { id, task, outcome } = await run(once);
  assert.equal(outcome.kind, "retried");
  assert.equal(await written("again"), 0);
  await asOwner(db, "update rowlock.live set run_at = now(), state = 'queued' where id = $1", [id]);
  assert.equal((await deliver(db, id, task)).kind, "succeeded");
  assert.equal(await written("again"), 1);
});

test("a result that does not fit undoes the last transaction and fails the job", async () => {
  const { outcome } = await run(async (tx) => {
    await note(tx, "misfit");
    return "seven" as unknown as number;
  });
  assert.equal(outcome.kind, "failed");
  assert.equal("code" in outcome && outcome.code, "INVALID_RESULT");
  assert.equal(await written("misfit"), 0);
});

test("an attempt that lost the job ends nothing and writes nothing", async () => {
  const { outcome } = await run(
    async (tx) => {
      await note(tx, "lost");
      return 1;
    },
    {
      before: async ({ job }) => {
        await asOwner(db, "update rowlock.live set fence = fence + 1 where id = $1", [job.id]);
      },
    },
  );
  assert.equal(outcome.kind, "lost");
  assert.equal(await written("lost"), 0);
});

test("a job cancelled before its last transaction commits is cancelled, and nothing of that is written", async () => {
  const { outcome, row } = await run(async (tx, { job }) => {
    await note(tx, "cancelled");
    await withTenant(db.pool("api"), org.member, (mine) =>
      mine.query("select rowlock.cancel_job($1)", [job.id]),
    );
    return 1;
  });
  assert.equal(outcome.kind, "cancelled");
  assert.equal(row.state, "cancelled");
  assert.equal(await written("cancelled"), 0);
});

test("a last transaction that goes on past the time limit is cut and writes nothing", async () => {
  const { outcome } = await run(
    async (tx) => {
      await note(tx, "overdue");
      await tx.query("select pg_sleep(10)");
      return 1;
    },
    { timeoutMs: 300 },
  );
  assert.equal(outcome.kind, "retried");
  assert.equal(await written("overdue"), 0);
});
