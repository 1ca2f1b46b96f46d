import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { createPool } from "../../src/db/index.ts";
import { defineTask, findJob, launchJob, launchJobFor, launchJobs, listJobs } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { brokerRows, createNotes, deliver, jobRow, jobRows, noteTexts, register } from "../helpers/jobs.ts";
import {
  addMember,
  asOwner,
  makeOrganization,
  suspend,
  type TestOrganization,
} from "../helpers/organization.ts";

const write = defineTask({
  name: "write",
  maxAttempts: 7,
  input: z.object({ text: z.string(), at: z.iso.datetime().optional() }),
  run: async ({ text }, { tx }) => void (await tx.query("insert into app.notes (text) values ($1)", [text])),
});
const adminOnly = defineTask({
  name: "admin-only",
  launchRole: "admin",
  input: z.object({}),
  run: () => undefined,
});
const systemOnly = defineTask({
  name: "system-only",
  launchRole: "system",
  input: z.object({}),
  run: () => undefined,
});

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  await register(db, write, adminOnly, systemOnly);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

const as = <T>(who: TestOrganization, work: Parameters<typeof withTenant<T>>[2]) =>
  withTenant(db.pool("api"), who.member, work);

/** What the broker holds for these jobs, in the order it would hand them out. */
async function handedOver(ids: readonly string[]) {
  const wanted = new Set(ids);
  return (await brokerRows(db)).filter((row) => wanted.has(row.payload.job ?? ""));
}

test("a launch stores who, what and from where, and hands the broker an id and nothing else", async () => {
  const id = await withTenant(db.pool("api"), { ...org.member, source: "rest" }, (tx) =>
    launchJob(tx, write, { text: "hello" }),
  );
  const { state, attempt, payload, organizationId, userId, source, priority } = await jobRow(db, id);
  assert.deepEqual(
    { state, attempt, payload, organizationId, userId, source, priority },
    {
      state: "queued",
      attempt: 0,
      payload: { text: "hello" },
      organizationId: org.organizationId,
      userId: org.userId,
      source: "rest",
      priority: 0,
    },
  );
  const [row] = await handedOver([id]);
  assert.deepEqual(row?.payload, { job: id });
  assert.equal(row?.task, "write");
  const job = await as(org, (tx) => findJob(tx, id));
  assert.equal(job?.maxAttempts, 7);
});

test("a launch that rolls back leaves no job and no row at the broker", async () => {
  const before = [(await jobRows(db)).length, (await brokerRows(db)).length];
  let id = "";
  await assert.rejects(
    as(org, async (tx) => {
      id = await launchJob(tx, write, { text: "never" });
      throw new Error("undo");
    }),
    /undo/,
  );
  assert.match(id, /^[0-9a-f-]{36}$/);
  assert.deepEqual([(await jobRows(db)).length, (await brokerRows(db)).length], before);
});

test("SQL launches with a line, and the payload may be left out", async () => {
  const id = await as(org, async (tx) => {
    const { rows } = await tx.query<{ id: string }>("select rowlock.launch_job('write') as id");
    return rows[0]?.id ?? "";
  });
  const job = await jobRow(db, id);
  assert.deepEqual([job.payload, job.state, job.source], [{}, "queued", "api"]);
});

test("10,000 jobs in one statement, with ids in the order of the payloads", async () => {
  const payloads = Array.from({ length: 10_000 }, (_, index) => ({ text: `bulk ${index}` }));
  const ids = await as(org, (tx) => launchJobs(tx, write, payloads));
  assert.equal(new Set(ids).size, 10_000);
  assert.deepEqual(ids, ids.toSorted());
  const rows = await jobRows(db, ids);
  assert.deepEqual(
    rows.map((row) => row.payload),
    payloads,
  );
  assert.deepEqual(await handedOver(ids), [], "so many wait for the dispatcher");
  assert.deepEqual([...new Set(rows.map((row) => row.state))], ["waiting"]);
  const keys = payloads.map((_, index) => `key ${10_000 - index}`);
  const keyed = await as(org, (tx) => launchJobs(tx, write, payloads, { keys }));
  assert.deepEqual(keyed, keyed.toSorted());
  assert.deepEqual(await as(org, (tx) => launchJobs(tx, write, payloads, { keys })), keyed);
  await withClient(db.urls.admin, (client) =>
    client.query("truncate rowlock.live, graphile_worker._private_jobs"),
  );
});

test("an empty bulk launches nothing", async () => {
  assert.deepEqual(await as(org, (tx) => launchJobs(tx, write, [])), []);
});

test("the first of a key is kept while it is unfinished; ended, its key is free again", async () => {
  const launch = (text: string) => as(org, (tx) => launchJob(tx, write, { text }, { key: "one" }));
  const first = await launch("keyed 1");
  assert.equal(await launch("keyed 2"), first);
  assert.deepEqual((await jobRow(db, first)).payload, { text: "keyed 1" });
  assert.equal((await handedOver([first])).length, 1);
  assert.deepEqual(await deliver(db, first, write), { kind: "succeeded" });
  const second = await launch("keyed 3");
  assert.notEqual(second, first);
  assert.deepEqual((await jobRow(db, second)).payload, { text: "keyed 3" });
});

test("a key belongs to its organization and task", async () => {
  const other = await makeOrganization(db);
  const options = { key: "shared" };
  const ids = [
    await as(org, (tx) => launchJob(tx, write, { text: "a" }, options)),
    await as(other, (tx) => launchJob(tx, write, { text: "b" }, options)),
    await as(other, (tx) => launchJob(tx, adminOnly, {}, options)),
  ];
  assert.equal(new Set(ids).size, 3);
});

test("of equal keys in one bulk the first is kept, and payloads without a key stay apart", async () => {
  const texts = ["a1", "none", "b1", "a2", "none", "b2", "a3"];
  const ids = await as(org, async (tx) => {
    const { rows } = await tx.query<{ id: string }>(
      "select rowlock.launch_jobs('write', $1::jsonb[], $2) as id",
      [
        texts.map((text) => JSON.stringify({ text })),
        ["dup-a", null, "dup-b", "dup-a", null, "dup-b", "dup-a"],
      ],
    );
    return rows.map((row) => row.id);
  });
  const payloads = new Map((await jobRows(db, ids)).map((row) => [row.id, row.payload]));
  assert.deepEqual(
    ids.map((id) => payloads.get(id)),
    ["a1", "none", "b1", "a1", "none", "b1", "a1"].map((text) => ({ text })),
  );
  assert.equal(new Set(ids).size, 4);
});

test("concurrent launches of one key make one job, also when the first is undone", async () => {
  for (const undo of [false, true]) {
    const key = `race ${undo}`;
    const { promise: open, resolve: release } = Promise.withResolvers<void>();
    const { promise: launched, resolve: told } = Promise.withResolvers<void>();
    const slow = as(org, async (tx) => {
      const id = await launchJob(tx, write, { text: "slow" }, { key });
      told();
      await open;
      if (undo) throw new Error("undo");
      return id;
    }).catch(() => undefined);
    await launched;
    const others = ["x", "y", "z"].map((text) => as(org, (tx) => launchJob(tx, write, { text }, { key })));
    await new Promise((resolve) => setTimeout(resolve, 50));
    release();
    const ids = await Promise.all([slow, ...others]);
    assert.equal(new Set(ids.filter((id) => id !== undefined)).size, 1, String(ids));
    assert.equal((await jobRows(db)).filter((job) => ids.includes(job.id)).length, 1);
  }
});

test("run_at ahead makes a scheduled job of which the broker knows nothing; in the past it counts as now", async () => {
  const ahead = new Date(Date.now() + 3_600_000);
  const later = await as(org, (tx) => launchJob(tx, write, { text: "later" }, { runAt: ahead }));
  const job = await jobRow(db, later);
  assert.deepEqual([job.state, job.runAt], ["scheduled", ahead]);
  assert.deepEqual(await handedOver([later]), []);
  assert.deepEqual(await deliver(db, later, write), { kind: "early" });

  const begun = Date.now();
  const past = await as(org, (tx) => launchJob(tx, write, { text: "past" }, { runAt: new Date(0) }));
  const { state, runAt } = await jobRow(db, past);
  assert.equal(state, "queued");
  assert.ok(runAt.getTime() > begun - 5_000, "a date in the past does not jump the queue");
});

test("a priority is the job's, for the dispatcher: at the broker nobody jumps the queue of others", async () => {
  const launch = (priority: number) =>
    as(org, (tx) => launchJobs(tx, write, [{ text: "p" }, { text: "q" }], { priority }));
  const [low, high, middle] = [await launch(0), await launch(-100), await launch(-50)];
  const order = (await handedOver([...low, ...high, ...middle])).map((row) => row.payload.job);
  assert.deepEqual(order, [...low, ...high, ...middle]);
  assert.equal((await jobRow(db, high[0] ?? "")).priority, -100);
});

test("what is out of bounds is refused with its code and path, and nothing is stored", async () => {
  const before = (await jobRows(db)).length;
  const anHour = 3_600_000;
  const cases: [Parameters<typeof launchJob>[3], string][] = [
    [{ priority: 101 }, "/priority"],
    [{ priority: -101 }, "/priority"],
    [{ maxAttempts: 0 }, "/maxAttempts"],
    [{ maxAttempts: 101 }, "/maxAttempts"],
    [{ key: "" }, "/key"],
    [{ key: "k".repeat(201) }, "/key"],
    [{ key: "a\0b" }, "/key"],
    [{ runAt: new Date(Date.now() + 366 * 24 * anHour + anHour) }, "/runAt"],
  ];
  for (const [options, path] of cases) {
    await assert.rejects(
      as(org, (tx) => launchJob(tx, write, { text: "x" }, options)),
      (error: { code?: string; issues?: { path: string }[] }) =>
        error.code === "INVALID_ARGUMENT" && error.issues?.[0]?.path === path,
      JSON.stringify(options),
    );
  }
  await as(org, async (tx) => {
    await launchJob(tx, write, { text: "x" }, { key: "k".repeat(200), priority: 100, maxAttempts: 100 });
    await launchJob(tx, write, { text: "x" }, { runAt: new Date(Date.now() + 366 * 24 * anHour - anHour) });
  });
  assert.equal((await jobRows(db)).length, before + 2);
});

test("SQL is held to the same bounds", async () => {
  for (const [call, code] of [
    ["launch_job('write', '{}', priority => 101)", "INVALID_ARGUMENT"],
    ["launch_job('write', '{}', max_attempts => 0)", "INVALID_ARGUMENT"],
    ["launch_job('write', '{}', key => '')", "INVALID_ARGUMENT"],
    ["launch_job('write', '{}', run_at => 'infinity')", "INVALID_ARGUMENT"],
    ["launch_job('write', null)", "INVALID_ARGUMENT"],
    ["launch_jobs('write', array['{}']::jsonb[], array['a', 'b'])", "INVALID_ARGUMENT"],
    ["launch_job('write', to_jsonb(repeat('x', 262143)))", "PAYLOAD_TOO_LARGE"],
    ["launch_job('nothing')", "UNKNOWN_TASK"],
    ["launch_job('admin-only')", "NOT_ALLOWED"],
    ["launch_job('system-only')", "NOT_ALLOWED"],
  ]) {
    await assert.rejects(
      as(org, (tx) => tx.query(`select rowlock.${call}`)),
      { code },
      call,
    );
  }
  await as(org, (tx) => tx.query("select rowlock.launch_job('write', to_jsonb(repeat('x', 262142)))"));
  await as(org, (tx) => tx.query("select rowlock.launch_job('write', run_at => '-infinity')"));
});

test("a payload is checked at the door, with the path of each fault", async () => {
  const launch = (payload: unknown) => as(org, (tx) => launchJob(tx, "write", payload));
  await assert.rejects(launch({ text: 1 }), {
    code: "INVALID_PAYLOAD",
    issues: [{ path: "/text", message: "must be string" }],
  });
  await assert.rejects(
    launch({}),
    (error: { issues?: { path: string }[] }) => error.issues?.[0]?.path === "/text",
  );
  await assert.rejects(launch({ text: "x".repeat(262_144) }), { code: "PAYLOAD_TOO_LARGE" });
  for (const text of ["a\0b", "half \ud800 a pair"]) {
    await assert.rejects(launch({ text }), { code: "INVALID_PAYLOAD", message: /Postgres cannot store/ });
  }
  await assert.rejects(
    as(org, (tx) => launchJobs(tx, "write", [{ text: "fine" }, { text: 2 }])),
    (error: { issues?: { path: string }[] }) => error.issues?.[0]?.path === "/1/text",
  );
  // What is checked is what is stored.
  const id = await launch({ text: "a backslash \\u0000 and a pair 😀", at: new Date(0), gone: undefined });
  assert.deepEqual((await jobRow(db, id)).payload, {
    text: "a backslash \\u0000 and a pair 😀",
    at: "1970-01-01T00:00:00.000Z",
  });
});

test("an unknown task and one of the system are refused in one way", async () => {
  for (const task of ["nothing", "system-only"]) {
    await assert.rejects(
      as(org, (tx) => launchJob(tx, task, {})),
      { code: "UNKNOWN_TASK", message: new RegExp(`"${task}"`) },
    );
  }
});

test("a viewer launches nothing, a member not what takes an administrator", async () => {
  const viewer = await makeOrganization(db, { role: "viewer" });
  const admin = await makeOrganization(db, { role: "admin" });
  await assert.rejects(
    as(viewer, (tx) => launchJob(tx, write, { text: "x" })),
    { code: "NOT_ALLOWED" },
  );
  await assert.rejects(
    as(org, (tx) => launchJob(tx, adminOnly, {})),
    { code: "NOT_ALLOWED" },
  );
  await as(admin, (tx) => launchJob(tx, adminOnly, {}));
});

test("without claims nothing can be launched", async () => {
  const client = await db.pool("api").connect();
  try {
    await client.query("begin; set local role rowlock_tenant");
    await assert.rejects(client.query("select rowlock.launch_job('write')"), { code: "RL407" });
  } finally {
    await client.query("rollback");
    client.release();
  }
});

test("a task launches in its own transaction, also what only the system may", async () => {
  const parent = defineTask({
    name: "parent",
    input: z.object({ fail: z.boolean() }),
    output: z.object({ children: z.array(z.string()) }),
    maxAttempts: 1,
    async run({ fail }, { launch }) {
      const children = [
        await launch(write, { text: "child" }, { key: `child ${fail}` }),
        await launch(systemOnly, {}),
      ];
      if (fail) throw new Error("undone");
      return { children };
    },
  });
  await register(db, parent);
  const [good, bad] = await as(org, async (tx) => [
    await launchJob(tx, parent, { fail: false }),
    await launchJob(tx, parent, { fail: true }),
  ]);
  assert.equal((await deliver(db, good ?? "", parent)).kind, "succeeded");
  const { children } = (await jobRow(db, good ?? "")).result as { children: string[] };
  for (const child of await jobRows(db, children)) {
    assert.deepEqual([child.parentId, child.source, child.userId], [good, "task", org.userId]);
  }
  const before = (await jobRows(db)).length;
  assert.equal((await deliver(db, bad ?? "", parent)).kind, "failed");
  assert.equal((await jobRows(db)).length, before);
});

test("launch_job_for serves an application's own login in its own transaction, for whom it names", async () => {
  const role = `${db.name}_app`;
  await db.pool("admin").query(`create role ${role} login password 'app'`);
  await asOwner(
    db,
    `grant usage on schema rowlock to ${role};
     grant execute on function rowlock.launch_job_for to ${role}`,
  );
  const url = new URL(db.urls.admin);
  url.username = role;
  url.password = "app";
  const pool = createPool({ url: url.href, max: 1, name: "application", logger: testLogger });
  const who = { organizationId: org.organizationId, userId: org.userId };
  try {
    const client = await pool.connect();
    try {
      await client.query("begin");
      await launchJobFor(client, who, write, { text: "undone" });
      await client.query("rollback");
      await client.query("begin");
      const id = await launchJobFor(client, who, write, { text: "theirs" }, { key: "app", priority: 3 });
      assert.equal(await launchJobFor(client, who, write, { text: "again" }, { key: "app" }), id);
      const system = await launchJobFor(client, { ...who, userId: null }, systemOnly, {});
      await client.query("commit");
      const job = await jobRow(db, id);
      assert.deepEqual(
        [job.source, job.userId, job.priority, job.payload],
        ["application", org.userId, 3, { text: "theirs" }],
      );
      assert.equal((await jobRow(db, system)).userId, null);
      await deliver(db, id, write);
      assert.ok((await noteTexts(db)).includes("theirs"));
    } finally {
      client.release();
    }
    const closed = await makeOrganization(db);
    await suspend(db, closed.organizationId);
    const viewer = await addMember(db, org.organizationId, "viewer");
    const refused: [typeof who | { organizationId: string; userId: null }, string, string][] = [
      [{ ...who, userId: closed.userId }, "write", "NOT_A_MEMBER"],
      [{ ...who, organizationId: closed.organizationId }, "write", "ORGANIZATION_INACTIVE"],
      [{ ...who, userId: viewer }, "write", "NOT_ALLOWED"],
      [who, "system-only", "NOT_ALLOWED"],
      [who, "nothing", "UNKNOWN_TASK"],
    ];
    for (const [other, task, code] of refused) {
      await assert.rejects(launchJobFor(pool, other, task, {}), { code });
    }
    await assert.rejects(
      as(org, (tx) => launchJobFor(tx, who, write, { text: "x" })),
      { code: "42501" },
      "a tenant may not name an organization",
    );
  } finally {
    await pool.end();
    await db.pool("admin").query(`drop owned by ${role}; drop role ${role}`);
  }
});

test("jobs are listed newest first, by pages, by state and task, and only one's own", async () => {
  const alone = await makeOrganization(db);
  const ids = await as(alone, (tx) =>
    launchJobs(
      tx,
      write,
      [1, 2, 3, 4, 5].map((n) => ({ text: `list ${n}` })),
    ),
  );
  await deliver(db, ids[1] ?? "", write);
  await deliver(db, ids[3] ?? "", write);
  const newest = ids.toReversed();
  const page = (filter: Parameters<typeof listJobs>[1]) =>
    as(alone, async (tx) => {
      const { jobs, next } = await listJobs(tx, filter);
      return [jobs.map((job) => job.id), next];
    });
  assert.deepEqual(await page({ first: 3 }), [newest.slice(0, 3), newest[2]]);
  assert.deepEqual(await page({ first: 3, after: newest[2] }), [newest.slice(3), null]);
  assert.deepEqual(await page({ first: 5 }), [newest, null]);
  assert.deepEqual(await page({ first: 9, state: "succeeded" }), [[ids[3], ids[1]], null]);
  assert.deepEqual(await page({ first: 9, state: "queued", task: "write" }), [
    [ids[4], ids[2], ids[0]],
    null,
  ]);
  assert.deepEqual(await page({ first: 9, task: "other" }), [[], null]);
  assert.equal(await as(org, (tx) => findJob(tx, ids[0] ?? "")), undefined);
});
