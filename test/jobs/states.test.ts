import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { PoolClient } from "pg";
import { z } from "zod";
import { defineTask, launchJob } from "../../src/jobs/index.ts";
import { endStates, fromDatabase, liveStates, RowlockError } from "../../src/sdk/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliveries } from "../helpers/dispatcher.ts";
import { jobRow, register } from "../helpers/jobs.ts";
import {
  addMember,
  asOwner,
  makeOrganization,
  removeMember,
  type TestOrganization,
} from "../helpers/organization.ts";

const task = defineTask({ name: "state", kind: "long", input: z.object({}), run: () => undefined });
const page = await readFile(join(import.meta.dirname, "../../docs/jobs.md"), "utf8");
const table = readTable(page, "| from |");
const [header = [], ...rows] = table;
const moves = header.slice(1);

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await register(db, task);
  org = await makeOrganization(db);
});
after(() => db.drop());

function readTable(text: string, head: string): string[][] {
  const lines = text.slice(text.indexOf(head)).split("\n\n", 1)[0]?.split("\n") ?? [];
  return lines
    .filter((line) => !line.startsWith("|---"))
    .map((line) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** A new job in a state, and its fence. */
async function jobIn(state: string): Promise<{ id: string; fence: number; userId: string }> {
  const userId = await addMember(db, org.organizationId, "member");
  const member = { organizationId: org.organizationId, userId };
  const runAt = state === "scheduled" ? new Date(Date.now() + 60_000) : undefined;
  const id = await withTenant(db.pool("api"), member, (tx) => launchJob(tx, task, {}, { runAt }));
  const live = (set: string) => asOwner(db, `update rowlock.live set ${set} where id = $1`, [id]);
  if (state === "scheduled, due") await live("state = 'scheduled', run_at = now()");
  else if (state === "running")
    await db.pool("task").query("select rowlock_private.begin_job($1, 'state', true)", [id]);
  else if (state === "blocked" || state === "waiting") await live(`state = '${state}'`);
  else if ((endStates as readonly string[]).includes(state)) {
    const code = state === "succeeded" ? null : "TASK_FAILED";
    await asOwner(
      db,
      "select rowlock_private.end_job(l, $2, now(), 1::smallint, null, $3, null) from rowlock.live l where l.id = $1",
      [id, state, code],
    );
  }
  const { fence } = await jobRow(db, id);
  return { id, fence: fence ?? 0, userId };
}

type Move = (client: PoolClient, job: { id: string; fence: number; userId: string }) => Promise<unknown>;
const fail =
  (retry: string, counts: boolean): Move =>
  (client, { id, fence }) =>
    client.query(`select rowlock_private.fail_job($1, $2, now(), 'CODE', 'message', ${retry}, ${counts})`, [
      id,
      fence,
    ]);
const begin: Move = (client, { id }) =>
  client.query("select rowlock_private.begin_job($1, 'state', true)", [id]);

const perform: Record<string, Move> = {
  "make due": (client) => client.query("select rowlock_private.make_due(null)"),
  dispatch: (client) =>
    client.query(
      `select rowlock_private.dispatch($1, '{""}', '{0}', '{-infinity}', $2, '{1000}', '{1000}', '{50}', '{false}', false,
         (rowlock_private.dispatch_policies() ->> 'version')::bigint)`,
      [[org.organizationId], ["00000000-0000-0000-0000-000000000000"]],
    ),
  reconcile: async (client, { id }) => {
    // Its delivery gets lost.
    await db
      .pool("admin")
      .query("delete from graphile_worker._private_jobs where payload ->> 'job' = $1", [id]);
    await client.query("select rowlock_private.reconcile(0)");
  },
  cancel: (_client, { id }) =>
    withTenant(db.pool("api"), org.member, (tx) => tx.query("select rowlock.cancel_job($1)", [id])),
  "retry by hand": (_client, { id }) =>
    withTenant(db.pool("api"), org.member, (tx) => tx.query("select rowlock.retry_job($1)", [id])),
  begin,
  "begin, launcher gone": async (client, job) => {
    await removeMember(db, { organizationId: org.organizationId, userId: job.userId });
    await begin(client, job);
  },
  "begin and finish": async (client, { id, fence }) => {
    const { rows } = await client.query("select verdict from rowlock_private.begin_job($1, 'state', false)", [
      id,
    ]);
    if (rows[0]?.verdict !== "run") return;
    await client.query("select rowlock_private.finish_job($1, $2, null)", [id, fence]);
  },
  resume: (client, { id, fence }) => client.query("select rowlock_private.resume_job($1, $2)", [id, fence]),
  progress: (client, { id, fence }) =>
    client.query("select rowlock_private.report_progress($1, $2, 0.5, 'half')", [id, fence]),
  finish: (client, { id, fence }) =>
    client.query("select rowlock_private.finish_job($1, $2, '1')", [id, fence]),
  retry: fail("now() + interval '1 minute'", true),
  snooze: fail("now() + interval '1 minute'", false),
  fail: fail("null", true),
  "hand back": (client, { id, fence }) =>
    client.query("select rowlock_private.hand_back($1, $2)", [id, fence]),
};

/** Makes a move in a transaction of the worker's login; the code it is refused with, or undefined. */
async function make(
  move: Move,
  job: { id: string; fence: number; userId: string },
): Promise<string | undefined> {
  const client = await db.pool("task").connect();
  try {
    await client.query("begin");
    await move(client, job);
    await client.query("commit");
    return undefined;
  } catch (raw) {
    await client.query("rollback");
    const error = fromDatabase(raw);
    if (error instanceof RowlockError) return error.code;
    throw error;
  } finally {
    client.release();
  }
}

test("the page names every state and every move", () => {
  const states = [...liveStates, ...endStates, "scheduled, due"];
  assert.deepEqual(rows.map(([state]) => state).toSorted(), states.toSorted());
  assert.deepEqual(moves, Object.keys(perform));
});

test("the page's diagram draws the moves of its table and no other", () => {
  const drawn = [...page.matchAll(/^ {2}(\w+) --> (\w+):/gm)].map(([, from, to]) => `${from} ${to}`);
  const listed = rows.flatMap(([from = "", ...cells]) =>
    cells.filter((cell) => /^[a-z]/.test(cell)).map((to) => `${from.replace(", due", "")} ${to}`),
  );
  assert.deepEqual(drawn.toSorted(), [...new Set(listed)].toSorted());
});

for (const [from = "", ...cells] of rows) {
  test(`from ${from}: each move does what the page says`, async () => {
    for (const [index, name] of moves.entries()) {
      const expected = cells[index] ?? "";
      const what = `${from}: ${name}`;
      const move = perform[name] ?? (() => assert.fail(name));
      const job = await jobIn(from);
      const before = await jobRow(db, job.id);
      const code = await make(move, job);
      const after = await jobRow(db, job.id);
      if (expected === "-" || /^[A-Z_]+$/.test(expected)) {
        assert.equal(code, expected === "-" ? undefined : expected, what);
        assert.deepEqual(after, before, what);
      } else {
        assert.equal(code, undefined, what);
        assert.equal(after.state, expected, what);
      }
    }
  });
}

test("dispatch gives the broker what waits and nothing else, and leaves its row as it was", async () => {
  for (const [from = ""] of rows) {
    const job = await jobIn(from);
    await db.pool("admin").query("truncate graphile_worker._private_jobs");
    await make(perform.dispatch ?? begin, job);
    const named = (await deliveries(db)).flat();
    assert.equal(named.filter((id) => id === job.id).length, from === "waiting" ? 1 : 0, from);
    const { state } = await jobRow(db, job.id);
    assert.equal(state, from.replace(", due", ""), from);
  }
});

test("with an old fence every move of an attempt is refused", async () => {
  for (const name of moves.slice(moves.indexOf("resume"))) {
    const job = await jobIn("running");
    assert.equal(await make(perform[name] ?? begin, { ...job, fence: job.fence - 1 }), "JOB_LOST", name);
    assert.equal((await jobRow(db, job.id)).state, "running", name);
  }
});

test("attempts and fence move as the page says", async () => {
  for (const [name, attempt, fence] of [
    ["begin", 1, 2],
    ["retry", 1, 2],
    ["snooze", 0, 2],
    ["hand back", 0, 2],
    ["progress", 1, 1],
  ] as const) {
    const job = await jobIn("running");
    await make(perform[name] ?? begin, job);
    const after = await jobRow(db, job.id);
    assert.deepEqual([after.attempt, after.fence], [attempt, fence], name);
  }
});

test("the tables refuse a state that does not fit its times and error", async () => {
  const { id } = await jobIn("queued");
  for (const set of ["state = 'running'", "started_at = now()"]) {
    await assert.rejects(
      asOwner(db, `update rowlock.live set ${set} where id = $1`, [id]),
      { code: "23514" },
      set,
    );
  }
  for (const [state, code] of [
    ["queued", null],
    ["failed", null],
    ["succeeded", "TASK_FAILED"],
  ]) {
    const end =
      "select rowlock_private.end_job(l, $2, now(), 1::smallint, null, $3, null) from rowlock.live l where id = $1";
    await assert.rejects(asOwner(db, end, [id, state, code]), { code: "23514" }, `${state} ${code}`);
  }
});

test("a tenant moves nothing: it has no right to the tables nor to the functions", async () => {
  const { id } = await jobIn("queued");
  for (const sql of [
    "update rowlock.live set state = 'waiting'",
    "delete from rowlock.live",
    "delete from rowlock.job_events",
    "insert into rowlock.job_end select organization_id, id from rowlock.live",
    `select rowlock_private.begin_job('${id}', 'state', false)`,
    `select rowlock_private.finish_job('${id}', 0, null)`,
    `select rowlock_private.launch(null, null, 'system', 'x', 'state', null, null, null, 0, 1, null, 'keep', null, null, null, null)`,
    "select graphile_worker.add_job('state')",
  ]) {
    await assert.rejects(
      withTenant(db.pool("task"), org.member, (tx) => tx.query(sql)),
      { code: "42501" },
      sql,
    );
  }
});
