import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launchJob, runJob, syncCatalogue, type Task } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, withClient } from "../helpers/database.ts";
import { inherited } from "../helpers/inherited.ts";
import { type Arena, prepareArena } from "./arena.ts";
import * as tasks from "./fixtures/notes.ts";
import { describeFindings, markIn, startReport } from "./report.ts";
import { newId, type Side } from "./side.ts";
import { attackInTasks } from "./tasks/index.ts";
import { keepLog, makeTaskFolder, type TaskFolder, workerEnvironment, workOff } from "./tasks/worker.ts";

let db: TestDatabase;
let arena: Arena;
let folder: TaskFolder;
before(async () => {
  db = await createTestDatabase();
  arena = await prepareArena(db);
  folder = await makeTaskFolder();
  await syncCatalogue(db.pool("task"), Object.values(tasks));
});
after(async () => {
  await folder[Symbol.asyncDispose]();
  await db.drop();
});

const asAdmin = async <Row extends object>(sql: string, values: unknown[] = []): Promise<Row[]> =>
  (await db.pool("admin").query<Row>(sql, values)).rows;

async function launch(side: Side, task: Task, payload: Record<string, unknown>): Promise<string> {
  return await withTenant(db.pool("api"), { organizationId: side.id, userId: side.users.member }, (tx) =>
    launchJob<Record<string, unknown>>(tx, task.definition.name, payload),
  );
}

/** Rows that jobs left: whose, and by which task. */
async function notes(text: string): Promise<{ organization_id: string; category: string | null }[]> {
  return await asAdmin("select organization_id, category from evals.tests where input = $1", [text]);
}

async function endOf(id: string) {
  const [row] = await asAdmin<{ state: string; error_code: string; error_message: string }>(
    "select state, error_code, error_message from rowlock.job_end where id = $1",
    [id],
  );
  return row;
}

async function editBroker(id: string, set: string, values: unknown[] = []): Promise<void> {
  const edited = await asAdmin(
    `update graphile_worker._private_jobs set ${set} where payload ->> 'job' = $1 returning id`,
    [id, ...values],
  );
  assert.equal(edited.length, 1);
}

test("From within tasks: reading, writing, launching and posing for another organization", async () => {
  const report = startReport();
  await attackInTasks(arena, report);
  assert.equal(describeFindings(report.findings), "");
});

test("A broker row edited to name another organization, payload or task changes nothing", async () => {
  const { north, south } = arena;
  const text = "written by the right one";
  const [a, b, c, d] = [
    await launch(north, tasks.note, { text }),
    await launch(north, tasks.note, { text }),
    await launch(north, tasks.note, { text }),
    await launch(north, tasks.note, { text }),
  ];
  const lie = { organization_id: south.id, organizationId: south.id, user_id: south.users.owner };
  await editBroker(a, "payload = payload::jsonb || $2::jsonb", [
    JSON.stringify({ ...lie, payload: { text: "another" }, text: "another" }),
  ]);
  await editBroker(
    b,
    "task_id = (select id from graphile_worker._private_tasks where identifier = 'other')",
  ).catch(async () => {
    await asAdmin("insert into graphile_worker._private_tasks (identifier) values ('other')");
    await editBroker(
      b,
      "task_id = (select id from graphile_worker._private_tasks where identifier = 'other')",
    );
  });
  // Points at a job of the other's that has a delivery of its own: it runs once, as the other's.
  const theirs = await launch(south, tasks.note, { text: "south's own" });
  await editBroker(c, "payload = json_build_object('job', $2::text)", [theirs]);
  await editBroker(d, "payload = json_build_array('nonsense')");

  const log = keepLog();
  await workOff(db, folder.path, log.logger);
  const written = await notes(text);
  assert.deepEqual(
    written,
    [a, b].map(() => ({ organization_id: north.id, category: null })),
  );
  assert.deepEqual(await notes("another"), []);
  assert.deepEqual(await notes("south's own"), [{ organization_id: south.id, category: null }]);
  assert.equal((await endOf(a))?.state, "succeeded");
  assert.equal((await endOf(b))?.state, "succeeded");
  assert.equal(await endOf(c), undefined);
  assert.equal(await endOf(d), undefined);
  assert.equal(markIn(log.text(), [south.canary, north.canary]), undefined);
});

test("A user removed or an organization suspended before the run: cancelled, with the reason, nothing written", async () => {
  const { north, south } = arena;
  const [mine, theirs] = [
    await launch(north, tasks.note, { text: "too late" }),
    await launch(south, tasks.note, { text: "too late" }),
  ];
  await asAdmin("delete from rowlock.memberships where user_id = $1", [north.users.member]);
  await asAdmin("update rowlock.organizations set state = 'suspended' where id = $1", [south.id]);
  try {
    await workOff(db, folder.path, keepLog().logger);
    assert.deepEqual(
      [(await endOf(mine))?.state, (await endOf(mine))?.error_code],
      ["cancelled", "NOT_A_MEMBER"],
    );
    assert.deepEqual(
      [(await endOf(theirs))?.state, (await endOf(theirs))?.error_code],
      ["cancelled", "ORGANIZATION_INACTIVE"],
    );
    assert.deepEqual(await notes("too late"), []);
  } finally {
    await asAdmin(
      "insert into rowlock.memberships (organization_id, user_id, role) values ($1, $2, 'member')",
      [north.id, north.users.member],
    );
    await asAdmin("update rowlock.organizations set state = 'active' where id = $1", [south.id]);
  }
});

test("An error with a secret in its text: blotted out in the log, not stored for the tenant", async () => {
  const secret = `s3cr3t${newId().replaceAll("-", "")}`;
  const id = await launch(arena.north, tasks.leak, { secret });
  const log = keepLog();
  await workOff(db, folder.path, log.logger);
  assert.equal((await endOf(id))?.state, "failed");
  const events = await asAdmin("select * from rowlock.job_events where job_id = $1", [id]);
  assert.ok(events.length > 0);
  assert.equal(markIn(JSON.stringify([await endOf(id), events]), [secret, "Sign-in"]), undefined);
  assert.match(log.text(), /Sign-in failed/);
  assert.ok(!log.text().includes(secret), log.text());
});

test("Notifications carry nothing of a tenant, whoever listens", async () => {
  const { north, south } = arena;
  const heard: string[] = [];
  const channels = await asAdmin<{ channel: string }>(
    `select distinct m[1] as channel from pg_proc, regexp_matches(prosrc, 'pg_notify\\(''([^'']+)''', 'g') m`,
  );
  assert.ok(channels.length > 0);
  await withClient(db.urls.task, async (listener) => {
    listener.on("notification", ({ channel, payload }) => heard.push(`${channel} ${payload}`));
    for (const { channel } of channels) await listener.query(`listen "${channel}"`);
    const text = `${north.canary} in a payload`;
    await launch(north, tasks.note, { text });
    await launch(south, tasks.note, { text: south.canary });
    await workOff(db, folder.path, keepLog().logger);
    await listener.query("select 1");
  });
  assert.ok(heard.length > 0, "nothing was heard at all");
  assert.equal(markIn(heard.join("\n"), [...north.marks, ...south.marks]), undefined);
});

for (const task of [tasks.hang, tasks.hangLong]) {
  const { name, kind } = task.definition;
  test(`SIGKILL in the middle of a ${kind} task leaves nothing half done, and another attempt does it once`, async () => {
    const text = `half done by ${name}`;
    const id = await launch(arena.north, task, { text });
    const child = spawn(process.execPath, [join(import.meta.dirname, "fixtures/run-worker.ts")], {
      env: { ...inherited, ...workerEnvironment(db, folder.path) },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const died = once(child, "exit");
    let output = "";
    await new Promise<void>((resolve, reject) => {
      died.then(() => reject(new Error(`The worker ended too early: ${output}`)));
      child.stdout.on("data", (chunk) => {
        output += String(chunk);
        if (output.includes("in the middle")) resolve();
      });
    });
    child.kill("SIGKILL");
    await died;
    assert.deepEqual(await notes(text), []);
    assert.equal(await endOf(id), undefined);
    // The server ends what the dead one's connection was doing; till then it holds the job.
    await asAdmin(
      "select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = $1 and query like '%pg_sleep(60)%' and pid <> pg_backend_pid()",
      [db.name],
    );
    assert.deepEqual(await notes(text), []);
    // The dead worker's lock in the broker outlives it; the delivery is made here instead.
    await asAdmin("delete from graphile_worker._private_jobs where payload ->> 'job' = $1", [id]);
    const again: Task = Object.assign(() => undefined as never, {
      definition: { ...tasks.note.definition, name, kind: "transactional" as const },
    });
    const outcome = await runJob(db.pool("task"), id, again, new AbortController().signal);
    assert.equal(outcome.kind, "succeeded");
    assert.deepEqual(await notes(text), [{ organization_id: arena.north.id, category: null }]);
  });
}

test("An endpoint that leads inside is never called by a test run, however its address is disguised", async () => {
  const { north } = arena;
  let hits = 0;
  const inside = createServer((_request, response) => {
    hits += 1;
    response.end('{"output":"the secret"}');
  });
  inside.listen(0, "127.0.0.1");
  await once(inside, "listening");
  const { port } = inside.address() as AddressInfo;
  const hosts = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "localhost",
    "LOCALHOST",
    "127.0.0.1.",
    "0.0.0.0",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "１２７.0.0.1",
  ];
  try {
    const runs: string[] = [];
    for (const host of hosts) {
      const run = await withTenant(
        db.pool("api"),
        { organizationId: north.id, userId: north.users.member },
        async (tx) => {
          const { rows } = await tx.query<{ id: string }>(
            `insert into evals.endpoints (name, url) values ($1, $2) returning id`,
            [`inside ${host}`, `http://${host}:${port}/`],
          );
          const metric = await tx.query<{ id: string }>(
            "insert into evals.metrics (name, kind) values ($1, 'exact') returning id",
            [`metric ${host}`],
          );
          const set = await tx.query<{ id: string }>(
            `with made as (insert into evals.test_sets (name) values ($1) returning id),
               test as (insert into evals.tests (input) values ('x') returning id)
             insert into evals.test_set_tests (test_set_id, test_id, position) select made.id, test.id, 0 from made, test
             returning test_set_id as id`,
            [`set ${host}`],
          );
          const made = await tx.query<{ id: string }>(
            "select (evals.execute_test_set($1, $2, array[$3]::uuid[])).id",
            [set.rows[0]?.id, rows[0]?.id, metric.rows[0]?.id],
          );
          return made.rows[0]?.id ?? "";
        },
      );
      runs.push(run);
    }
    const log = keepLog();
    await workOff(db, folder.path, log.logger, { ROWLOCK_EVALS: "on" });
    const results = await asAdmin<{ state: string; error_code: string; error_message: string; url: string }>(
      `select r.state, r.error_code, r.error_message, t.endpoint ->> 'url' as url from evals.test_results r
       join evals.test_runs t on t.id = r.test_run_id where r.test_run_id = any($1)`,
      [runs],
    );
    assert.equal(results.length, hosts.length);
    for (const { state, error_code, error_message, url } of results) {
      assert.equal(state, "errored", `${url}: ${state} ${error_message}`);
      assert.equal(error_code, "INTERNAL_ADDRESS", `${url}: ${error_message}`);
      assert.doesNotMatch(error_message, /the secret|ECONN/);
    }
    assert.equal(hits, 0);
  } finally {
    inside.close();
  }
});
