import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import {
  cancelJob,
  cancelJobs,
  countMatchingJobs,
  defineTask,
  launchJob,
  launchJobs,
  retryJob,
  retryJobs,
  runBundle,
  stopCancelled,
  type Task,
} from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { createNotes, deliver, jobRow, noteTexts, register, until, waitForJob } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, type TestOrganization } from "../helpers/organization.ts";

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db, { role: "member" });
  await register(db, note, longNote, failing);
});
after(() => db.drop());

const noteInput = z.object({ text: z.string(), wait: z.boolean().optional() });
type Note = z.infer<typeof noteInput>;
/** Handlers that wait do so until the test lets them go, whatever their signal says. */
let held = Promise.withResolvers<void>();
let begun: string[] = [];

const note = defineTask({
  name: "note",
  input: noteInput,
  async run({ text, wait }, { tx }) {
    await tx.query("insert into app.notes (text) values ($1)", [text]);
    begun.push(text);
    if (wait === true) await held.promise;
    // One that goes on regardless writes nothing more.
    if (wait === true) await tx.query("insert into app.notes (text) values ($1)", [`${text} afterwards`]);
  },
});
const longNote = defineTask({
  name: "long-note",
  kind: "long",
  input: noteInput,
  async run({ text }, { transaction }) {
    await transaction((tx) => tx.query("insert into app.notes (text) values ($1)", [text]));
    begun.push(text);
    await held.promise;
    await transaction((tx) => tx.query("insert into app.notes (text) values ($1)", [`${text} afterwards`]));
  },
});
const failing = defineTask({
  name: "failing",
  input: noteInput,
  maxAttempts: 1,
  run() {
    throw new Error("as meant");
  },
});

const as = <T>(work: (tx: TenantTransaction) => Promise<T>, who = org): Promise<T> =>
  withTenant(db.pool("api"), who.member, work);
const launch = (task: Task<Note>, payload: Note, options = {}) =>
  as((tx) => launchJob(tx, task, payload, options));
const notesLike = async (text: string) => (await noteTexts(db)).filter((found) => found.startsWith(text));
const hasBegun = (text: string) =>
  until(
    async () => begun,
    (all) => all.includes(text),
  );
const fresh = () => {
  held = Promise.withResolvers<void>();
  begun = [];
};

test("what has not begun is cancelled at once, and its delivery does nothing", async () => {
  const waiting = await launch(note, { text: "never" });
  const later = await launch(note, { text: "never" }, { runAt: new Date(Date.now() + 60_000) });
  for (const id of [waiting, later]) {
    const job = await as((tx) => cancelJob(tx, id, "no need"));
    assert.deepEqual([job?.state, job?.error], ["cancelled", { code: "CANCELLED", message: "no need" }]);
    assert.deepEqual(await deliver(db, id, note), { kind: "ended" });
    // Once more says the same.
    assert.equal((await as((tx) => cancelJob(tx, id)))?.state, "cancelled");
  }
  assert.deepEqual(await notesLike("never"), []);
});

test("a transactional job at work is told, cut when it does not listen, and leaves nothing", async () => {
  fresh();
  const id = await launch(note, { text: "cut off", wait: true });
  const outcome = deliver(db, id, note);
  await hasBegun("cut off");
  const asked = await as((tx) => cancelJob(tx, id));
  assert.notEqual(asked?.cancelRequestedAt, null);
  const told = performance.now();
  stopCancelled(id);
  assert.deepEqual(await outcome, { kind: "cancelled" });
  assert.ok(performance.now() - told < 1_000);
  held.resolve();
  await sleep(50);
  assert.equal((await jobRow(db, id)).state, "cancelled");
  assert.deepEqual(await notesLike("cut off"), []);
});

test("a long job at work is over at once; what it goes on to write is refused", async () => {
  fresh();
  const id = await launch(longNote, { text: "long cut" });
  const outcome = deliver(db, id, longNote);
  await hasBegun("long cut");
  assert.equal((await as((tx) => cancelJob(tx, id)))?.state, "cancelled");
  held.resolve();
  assert.deepEqual(await outcome, { kind: "lost" });
  assert.deepEqual(await notesLike("long cut"), ["long cut"]);
});

test("a cancel that nobody heard is found where the job would end, retry or begin again", async () => {
  fresh();
  const id = await launch(note, { text: "unheard", wait: true });
  const outcome = deliver(db, id, note);
  await hasBegun("unheard");
  await as((tx) => cancelJob(tx, id));
  held.resolve();
  assert.deepEqual(await outcome, { kind: "cancelled" });
  assert.deepEqual(await notesLike("unheard"), []);

  // Its worker died: the next delivery finds it.
  const other = await launch(note, { text: "orphan" });
  await asOwner(
    db,
    "insert into rowlock.cancellations (organization_id, job_id, reason) values ($1, $2, 'gone')",
    [org.organizationId, other],
  );
  assert.deepEqual(await deliver(db, other, note), { kind: "cancelled" });
  assert.deepEqual(await notesLike("orphan"), []);

  const bundled = await as((tx) =>
    launchJobs(tx, note, [{ text: "bundle a" }, { text: "bundle b" }, { text: "bundle c" }]),
  );
  await asOwner(
    db,
    "insert into rowlock.cancellations (organization_id, job_id, reason) values ($1, $2, 'gone')",
    [org.organizationId, bundled[1]],
  );
  const signal = new AbortController().signal;
  const outcomes = await runBundle(db.pool("task"), bundled, note.definition, signal);
  assert.deepEqual(
    bundled.map((one) => outcomes.get(one)?.kind),
    ["succeeded", "cancelled", "succeeded"],
  );
  assert.deepEqual(await notesLike("bundle"), ["bundle a", "bundle c"]);
});

test("a cancelled job of a bundle takes only itself along", async () => {
  fresh();
  const ids = await as((tx) =>
    launchJobs(tx, note, [{ text: "with a" }, { text: "with b", wait: true }, { text: "with c" }]),
  );
  const bundle = runBundle(db.pool("task"), ids, note.definition, new AbortController().signal);
  await hasBegun("with b");
  await as((tx) => cancelJob(tx, ids[1] ?? ""));
  stopCancelled(ids[1] ?? "");
  const outcomes = await bundle;
  held.resolve();
  assert.deepEqual(
    ids.map((id) => outcomes.get(id)?.kind),
    ["succeeded", "cancelled", "succeeded"],
  );
  assert.deepEqual(await notesLike("with"), ["with a", "with c"]);
});

test("what has ended, is another's, or is nobody's cannot be cancelled; a viewer cancels nothing", async () => {
  const done = await launch(note, { text: "done" });
  await deliver(db, done, note);
  await assert.rejects(
    as((tx) => cancelJob(tx, done)),
    { code: "CONFLICT" },
  );
  const stranger = await makeOrganization(db);
  const theirs = await launch(note, { text: "theirs" });
  for (const act of [cancelJob, retryJob]) {
    await assert.rejects(
      as((tx) => act(tx, theirs), stranger),
      { code: "NOT_FOUND" },
    );
  }
  const viewer = await makeOrganization(db, { role: "viewer" });
  await assert.rejects(
    as((tx) => cancelJob(tx, theirs), viewer),
    { code: "NOT_ALLOWED" },
  );
  assert.equal((await jobRow(db, theirs)).state, "queued");
});

test("a failed job runs again as the same job, its attempts counted anew", async () => {
  const id = await launch(failing, { text: "again" });
  await deliver(db, id, failing);
  assert.equal((await jobRow(db, id)).state, "failed");
  const job = await as((tx) => retryJob(tx, id));
  assert.deepEqual([job?.id, job?.state, job?.attempt], [id, "waiting", 0]);
  await deliver(db, id, failing);
  const { state, attempt } = await jobRow(db, id);
  assert.deepEqual([state, attempt], ["failed", 1]);
  const ok = await launch(note, { text: "fine" });
  await deliver(db, ok, note);
  await assert.rejects(
    as((tx) => retryJob(tx, ok)),
    { code: "CONFLICT" },
  );
});

test("a worker from a job's life before a retry holds nothing of the one after", async () => {
  fresh();
  const id = await launch(longNote, { text: "past" });
  const past = deliver(db, id, longNote);
  await hasBegun("past");
  await as((tx) => cancelJob(tx, id));
  await as((tx) => retryJob(tx, id));
  held.resolve();
  assert.deepEqual(await past, { kind: "lost" });
  assert.deepEqual([(await jobRow(db, id)).state, await notesLike("past")], ["waiting", ["past"]]);
});

test("a retry whose key an unfinished job has is refused", async () => {
  const failed = await launch(failing, { text: "keyed" }, { key: "one" });
  await deliver(db, failed, failing);
  await launch(failing, { text: "keyed" }, { key: "one" });
  await assert.rejects(
    as((tx) => retryJob(tx, failed)),
    { code: "CONFLICT" },
  );
});

test("many are cancelled and retried by what they have in common, never more than were agreed to", async () => {
  const mine = await makeOrganization(db);
  const doomed = await as(
    (tx) =>
      launchJobs(
        tx,
        failing,
        Array.from({ length: 30 }, () => ({ text: "x" })),
      ),
    mine,
  );
  await as((tx) => launchJobs(tx, note, [{ text: "other task" }]), mine);
  const match = { task: "failing" };
  assert.equal(await as((tx) => countMatchingJobs(tx, match), mine), 30);
  await assert.rejects(
    as((tx) => cancelJobs(tx, match, 29), mine),
    { code: "CONFLICT" },
  );
  assert.deepEqual(await as((tx) => cancelJobs(tx, match, 30, "wrong list"), mine), { jobs: 30, asked: 0 });
  assert.equal(await as((tx) => countMatchingJobs(tx, { ...match, errorCode: "CANCELLED" }), mine), 30);
  const some = { ids: doomed.slice(0, 7) };
  assert.deepEqual(await as((tx) => retryJobs(tx, some, 7), mine), { jobs: 7, asked: 0 });
  assert.equal(await as((tx) => countMatchingJobs(tx, { states: ["waiting"] }), mine), 7);
  await assert.rejects(
    as((tx) => retryJobs(tx, { states: ["running"] }, 7), mine),
    { code: "INVALID_ARGUMENT" },
  );
});

test("a deadline fails what waits, what retries and what is at work, which writes nothing", async () => {
  fresh();
  const soon = () => ({ deadline: new Date(Date.now() + 250) });
  const waits = await launch(note, { text: "late" }, soon());
  const works = await launch(note, { text: "late", wait: true }, soon());
  const outcome = deliver(db, works, note);
  const ended = await outcome;
  assert.equal(ended.kind, "failed");
  held.resolve();
  assert.equal((await jobRow(db, works)).errorCode, "DEADLINE_EXCEEDED");
  assert.deepEqual(await deliver(db, waits, note), { kind: "overdue" });
  assert.equal((await jobRow(db, waits)).errorCode, "DEADLINE_EXCEEDED");
  assert.deepEqual(await notesLike("late"), []);

  const swept = await launch(note, { text: "late" }, soon());
  await sleep(300);
  await db.pool("task").query("select rowlock_private.fail_overdue_jobs()");
  const { state } = await waitForJob(db, swept, "failed");
  assert.equal(state, "failed");
  // Retried by hand, it has no deadline any more.
  await as((tx) => retryJob(tx, swept));
  assert.deepEqual(await deliver(db, swept, note), { kind: "succeeded" });
  await assert.rejects(launch(note, { text: "x" }, { deadline: new Date(Date.now() - 1) }), {
    code: "INVALID_ARGUMENT",
  });
});

test("a key keeps the first, is replaced while unstarted, or waits for the last", async () => {
  const inMinutes = (n: number) => new Date(Date.now() + n * 60_000);
  const first = await launch(note, { text: "k1" }, { key: "k", runAt: inMinutes(1) });
  assert.equal(await launch(note, { text: "k2" }, { key: "k" }), first);

  const replaced = await launch(note, { text: "k3" }, { key: "k", keyMode: "replace", runAt: inMinutes(9) });
  const [was, is] = [await jobRow(db, first), await jobRow(db, replaced)];
  assert.deepEqual([was.state, was.errorCode], ["cancelled", "REPLACED"]);
  assert.deepEqual([is.state, is.payload], ["scheduled", { text: "k3" }]);
  assert.deepEqual(is.runAt, was.runAt);

  const debounced = await launch(
    note,
    { text: "k4" },
    { key: "k", keyMode: "debounce", runAt: inMinutes(5) },
  );
  assert.ok((await jobRow(db, debounced)).runAt > was.runAt);
  assert.equal((await jobRow(db, replaced)).state, "cancelled");

  // Replaced by one that need not wait, it waits all the same: it has the other's place.
  const placed = await launch(note, { text: "k5" }, { key: "k", keyMode: "replace" });
  assert.equal((await jobRow(db, placed)).state, "scheduled");
  const now = await launch(note, { text: "k6" }, { key: "k", keyMode: "debounce" });
  assert.equal((await jobRow(db, now)).state, "queued");
  assert.deepEqual(await deliver(db, now, note), { kind: "succeeded" });
  assert.deepEqual(await notesLike("k"), ["k6"]);
  await assert.rejects(launch(note, { text: "x" }, { key: "k", keyMode: "first" as never }), {
    code: "INVALID_ARGUMENT",
  });
});

test("a job at work keeps its key, whatever the mode", async () => {
  fresh();
  const id = await launch(note, { text: "busy", wait: true }, { key: "busy" });
  const outcome = deliver(db, id, note);
  await hasBegun("busy");
  assert.equal(await launch(note, { text: "busy 2" }, { key: "busy", keyMode: "debounce" }), id);
  held.resolve();
  await outcome;
});

test("of launches at the same moment that debounce one key, one job is left, and it is a last one", async () => {
  const ids = await Promise.all(
    Array.from({ length: 12 }, (_, n) =>
      launch(
        note,
        { text: `d${n}` },
        { key: "d", keyMode: "debounce", runAt: new Date(Date.now() + 60_000) },
      ),
    ),
  );
  const rows = await Promise.all([...new Set(ids)].map((id) => jobRow(db, id)));
  assert.equal(rows.length, 12);
  assert.equal(rows.filter(({ state }) => state === "scheduled").length, 1);
  assert.equal(rows.filter(({ errorCode }) => errorCode === "REPLACED").length, 11);
});
