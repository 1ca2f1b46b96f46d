import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import {
  cancelJobs,
  defineTask,
  findBatch,
  launchBatch,
  launchJob,
  listBatches,
  runBundle,
  type Task,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, deliver, jobRow, jobRows, noteTexts, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
const input = z.object({ text: z.string() });
const note = defineTask({
  name: "note",
  input,
  run: async ({ text }, { tx }) => {
    await tx.query("insert into app.notes (text) values ($1)", [text]);
  },
});
const failing = defineTask({
  name: "failing",
  input,
  maxAttempts: 1,
  run() {
    throw new Error("as meant");
  },
});
const long = defineTask({ name: "long", kind: "long", input, run: () => undefined });
const closing = defineTask({ name: "closing", input, launchRole: "admin", run: () => undefined });

before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db);
  await register(db, note, failing, long, closing);
});
after(() => db.drop());

const as = <T>(work: (tx: TenantTransaction) => Promise<T>, who = org): Promise<T> =>
  withTenant(db.pool("api"), who.member, work);
const read = (id: string) => as((tx) => findBatch(tx, id));
const jobsOf = (texts: readonly string[], task: Task<{ text: string }> = note) =>
  texts.map((text) => ({ task: task as Task<never>, payload: { text } }));
const lasts = async () => (await jobRows(db)).filter(({ task }) => task === "closing");

test("a batch is complete when its last job has ended, however they ended, and its last job runs once", async () => {
  const { id, jobIds } = await as((tx) =>
    launchBatch(tx, {
      name: "three",
      jobs: [...jobsOf(["a"]), ...jobsOf(["b"], failing), ...jobsOf(["c"], long)],
      onComplete: { task: "closing", payload: { text: "all" } },
    }),
  );
  assert.equal((await read(id))?.progress.jobs, 3);
  await deliver(db, jobIds[2] ?? "", long);
  await deliver(db, jobIds[0] ?? "", note);
  const before = await read(id);
  assert.deepEqual([before?.completedAt, before?.onCompleteJobId], [null, null]);
  await deliver(db, jobIds[1] ?? "", failing);
  const { progress, completedAt, onCompleteJobId, name } = (await read(id)) ?? assert.fail();
  assert.equal(name, "three");
  assert.deepEqual([progress.jobs, progress.succeeded, progress.failed], [3, 2, 1]);
  assert.notEqual(completedAt, null);
  const last = await jobRow(db, onCompleteJobId ?? "");
  assert.deepEqual([last.task, last.payload, last.source], ["closing", { text: "all" }, "batch"]);
});

test("jobs that end at the same moment complete it once", async () => {
  const before = (await lasts()).length;
  for (let round = 0; round < 5; round += 1) {
    const { jobIds } = await as((tx) =>
      launchBatch(tx, {
        jobs: jobsOf(Array.from({ length: 8 }, (_, n) => `same ${n}`)),
        onComplete: { task: "closing", payload: { text: "x" } },
      }),
    );
    await Promise.all(jobIds.map((id) => deliver(db, id, note)));
  }
  assert.equal((await lasts()).length, before + 5);
});

test("bundles and cancels complete it too", async () => {
  const before = (await lasts()).length;
  const onComplete = { task: "closing", payload: { text: "x" } };
  const bundled = await as((tx) => launchBatch(tx, { jobs: jobsOf(["p", "q", "r"]), onComplete }));
  await runBundle(db.pool("task"), bundled.jobIds, note.definition, new AbortController().signal);
  assert.equal((await read(bundled.id))?.progress.succeeded, 3);
  const cancelled = await as((tx) => launchBatch(tx, { jobs: jobsOf(["s", "t"]), onComplete }));
  const done = await as((tx) => cancelJobs(tx, { batchId: cancelled.id }, 2));
  assert.deepEqual(done, { jobs: 2, asked: 0 });
  assert.equal((await read(cancelled.id))?.progress.cancelled, 2);
  assert.equal((await lasts()).length, before + 2);
});

test("it can be added to until it is complete, also by its own jobs", async () => {
  const adding = defineTask({
    name: "adding",
    input,
    run: async ({ text }, { launch }) => {
      await launch(note, { text: `${text} more` }, { batchId: text });
    },
  });
  await register(db, adding);
  const { id } = await as((tx) =>
    launchBatch(tx, { onComplete: { task: "closing", payload: { text: "x" } } }),
  );
  const first = await as((tx) => launchJob(tx, adding, { text: id }, { batchId: id }));
  await deliver(db, first, adding);
  assert.equal((await read(id))?.completedAt, null);
  const [added] = (await jobRows(db)).filter(({ parentId }) => parentId === first);
  await deliver(db, added?.id ?? "", note);
  assert.notEqual((await read(id))?.completedAt, null);
  assert.ok((await noteTexts(db)).includes(`${id} more`));
  await assert.rejects(
    as((tx) => launchJob(tx, note, { text: "late" }, { batchId: id })),
    { code: "CONFLICT" },
  );
});

test("what completes it is checked when it is made, and never refused afterwards", async () => {
  await assert.rejects(
    as((tx) => launchBatch(tx, { onComplete: { task: "closing", payload: {} } })),
    {
      code: "INVALID_PAYLOAD",
      issues: [{ path: "/onComplete/text", message: "must have required property 'text'" }],
    },
  );
  const member = await makeOrganization(db, { role: "member" });
  const onComplete = { task: "closing", payload: { text: "x" } };
  await assert.rejects(
    as((tx) => launchBatch(tx, { onComplete }), member),
    { code: "NOT_ALLOWED" },
  );
  await assert.rejects(
    as((tx) => launchBatch(tx, { onComplete: { task: "nope" } })),
    { code: "UNKNOWN_TASK" },
  );
  const full = await makeOrganization(db);
  const { id, jobIds } = await as((tx) => launchBatch(tx, { jobs: jobsOf(["full"]), onComplete }), full);
  await asOwner(db, "insert into rowlock.policies (organization_id, max_pending) values ($1, 0)", [
    full.organizationId,
  ]);
  assert.deepEqual(await deliver(db, jobIds[0] ?? "", note), { kind: "succeeded" });
  assert.notEqual((await as((tx) => findBatch(tx, id), full))?.onCompleteJobId, null);
});

test("batches are listed a page at a time, and are nobody else's", async () => {
  const mine = await makeOrganization(db);
  const made: string[] = [];
  for (let n = 0; n < 3; n += 1) made.unshift((await as((tx) => launchBatch(tx, { name: `${n}` }), mine)).id);
  const page = await as((tx) => listBatches(tx, { first: 2 }), mine);
  assert.deepEqual(
    page.batches.map(({ id }) => id),
    made.slice(0, 2),
  );
  const rest = await as((tx) => listBatches(tx, { first: 2, after: page.next ?? "" }), mine);
  assert.deepEqual([rest.batches.map(({ id }) => id), rest.next], [made.slice(2), null]);
  assert.equal(await read(made[0] ?? ""), undefined);
  await assert.rejects(
    as((tx) => launchJob(tx, note, { text: "x" }, { batchId: made[0] })),
    { code: "NOT_FOUND" },
  );
});
