import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { defineTask } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { brokerRows, createNotes, deliver, jobRows, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization, suspend, type TestOrganization } from "../helpers/organization.ts";

const react = defineTask({
  name: "react",
  // A trigger launches as the system: whoever may change the table need not be allowed to launch.
  launchRole: "system",
  input: z.looseObject({ text: z.string() }),
  run: async ({ text }, { tx }) =>
    void (await tx.query("insert into app.notes (text) values ($1)", [`re: ${text}`])),
});

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  await register(db, react);
  org = await makeOrganization(db, { role: "member" });
});
after(() => db.drop());

/** A table of a customer's with one trigger; `when` says the rest of `create trigger`. */
async function makeTable(name: string, when: string): Promise<void> {
  await asOwner(
    db,
    `create table app.${name} (
       organization_id uuid default rowlock.claimed_organization(), n int, text text);
     select rowlock.protect_table('app.${name}');
     grant select, insert, update, delete on app.${name} to rowlock_tenant;
     create trigger launch ${when}`,
  );
}

const inOrg = (sql: string, who = org) => withTenant(db.pool("api"), who.member, (tx) => tx.query(sql));

/** Payloads launched by the work, in order. */
async function launchedBy(work: () => Promise<unknown>) {
  const known = new Set((await jobRows(db)).map((job) => job.id));
  await work();
  const fresh = (await jobRows(db)).filter((job) => !known.has(job.id));
  const broker = (await brokerRows(db)).map((row) => row.payload.job ?? "").filter((id) => !known.has(id));
  // What is many at once waits for the dispatcher.
  assert.deepEqual(broker, fresh.length > 100 ? [] : fresh.map((job) => job.id));
  return fresh;
}

test("10,000 inserted rows are one bulk launch, in the order of the rows, committed or undone with them", async () => {
  await makeTable(
    "many",
    `after insert on app.many referencing new table as new_rows for each statement
     execute function rowlock.launch_on_change('react', 'text', 'n')`,
  );
  const insert = "insert into app.many (n, text) select n, 'row ' || n from generate_series(1, 10000) n";
  assert.deepEqual(
    await launchedBy(() =>
      withTenant(db.pool("api"), org.member, async (tx) => {
        await tx.query(insert);
        throw new Error("undo");
      }).catch(() => undefined),
    ),
    [],
  );
  const jobs = await launchedBy(() => inOrg(insert));
  assert.deepEqual(
    jobs.map((job) => job.payload),
    Array.from({ length: 10_000 }, (_, index) => ({ n: index + 1, text: `row ${index + 1}` })),
  );
  const [job] = jobs;
  assert.deepEqual(
    [job?.source, job?.userId, job?.organizationId],
    ["trigger", org.userId, org.organizationId],
  );
  // A launch for each row would have made statements of one row each.
  const { rows } = await db
    .pool("admin")
    .query("select count(distinct cmin::text)::int as n from rowlock.live");
  assert.deepEqual(rows, [{ n: 1 }]);
  assert.equal(job?.state, "waiting");
});

test("without columns the payload is the row; an empty statement launches nothing", async () => {
  await makeTable(
    "whole",
    `after insert or update on app.whole for each row execute function rowlock.launch_on_change('react')`,
  );
  const [job] = await launchedBy(() => inOrg("insert into app.whole (n, text) values (1, 'a')"));
  assert.deepEqual(job?.payload, { organization_id: org.organizationId, n: 1, text: "a" });
  const [changed] = await launchedBy(() => inOrg("update app.whole set text = 'b'"));
  assert.deepEqual(changed?.payload, { organization_id: org.organizationId, n: 1, text: "b" });
  assert.deepEqual(await launchedBy(() => inOrg("update app.whole set text = 'c' where false")), []);
});

test("update and delete per statement launch with the new and with the old rows", async () => {
  await makeTable(
    "changes",
    `after update on app.changes referencing old table as old_rows new table as new_rows for each statement
     execute function rowlock.launch_on_change('react', 'text')`,
  );
  await asOwner(
    db,
    `create trigger gone after delete on app.changes referencing old table as old_rows for each statement
     execute function rowlock.launch_on_change('react', 'text', 'n')`,
  );
  await inOrg("insert into app.changes (n, text) values (1, 'a'), (2, 'b')");
  const texts = async (sql: string) => (await launchedBy(() => inOrg(sql))).map((job) => job.payload);
  assert.deepEqual(await texts("update app.changes set text = text || '!'"), [
    { text: "a!" },
    { text: "b!" },
  ]);
  assert.deepEqual(await texts("delete from app.changes where n = 1"), [{ n: 1, text: "a!" }]);
  assert.deepEqual(await texts("delete from app.changes where n = 1"), []);
});

test("a row-level delete launches with the old row", async () => {
  await makeTable(
    "rowwise",
    `after delete on app.rowwise for each row execute function rowlock.launch_on_change('react', 'text')`,
  );
  await inOrg("insert into app.rowwise (text) values ('a'), ('b')");
  const jobs = await launchedBy(() => inOrg("delete from app.rowwise"));
  assert.deepEqual(
    jobs.map((job) => job.payload),
    [{ text: "a" }, { text: "b" }],
  );
});

test("a change without claims launches for each row's own organization, as the system", async () => {
  await makeTable(
    "imports",
    `after insert on app.imports referencing new table as new_rows for each statement
     execute function rowlock.launch_on_change('react', 'text')`,
  );
  const other = await makeOrganization(db);
  const jobs = await launchedBy(() =>
    asOwner(db, "insert into app.imports (organization_id, text) values ($1, 'a'), ($2, 'b'), ($1, 'c')", [
      org.organizationId,
      other.organizationId,
    ]),
  );
  const of = (id: string) =>
    jobs.filter((job) => job.organizationId === id).map((job) => [job.payload, job.userId]);
  assert.deepEqual(of(org.organizationId), [
    [{ text: "a" }, null],
    [{ text: "c" }, null],
  ]);
  assert.deepEqual(of(other.organizationId), [[{ text: "b" }, null]]);
  assert.deepEqual(await deliver(db, jobs[0]?.id ?? "", react), { kind: "succeeded" });

  await assert.rejects(asOwner(db, "insert into app.imports (text) values ('nobody')"), { code: "RL407" });
  const closed = await makeOrganization(db);
  await suspend(db, closed.organizationId);
  await assert.rejects(
    asOwner(db, "insert into app.imports (organization_id, text) values ($1, 'x')", [closed.organizationId]),
    { code: "RL406" },
  );
});

test("a row of another organization than the claims' launches nothing", async () => {
  // The owner's function writes past the policies, under the caller's claims.
  const other = await makeOrganization(db);
  await asOwner(
    db,
    `create function app.smuggle(organization uuid) returns void language sql security definer as
       $$ insert into app.imports (organization_id, text) values (organization, 'smuggled') $$;
     grant execute on function app.smuggle(uuid) to rowlock_tenant`,
  );
  const jobs = await launchedBy(async () => {
    await assert.rejects(inOrg(`select app.smuggle('${other.organizationId}')`), { code: "CLAIM_MISMATCH" });
    await inOrg(`select app.smuggle('${org.organizationId}')`);
  });
  assert.equal(jobs.length, 1);
});

test("a trigger that cannot work says what to write", async () => {
  const refused: [string, string, RegExp][] = [
    [
      "t1",
      "after insert on app.t1 for each row execute function rowlock.launch_on_change()",
      /names no task/,
    ],
    [
      "t2",
      "before insert on app.t2 for each row execute function rowlock.launch_on_change('react')",
      /after the change/,
    ],
    [
      "t3",
      "after insert on app.t3 execute function rowlock.launch_on_change('react')",
      /new table as new_rows/,
    ],
    [
      "t4",
      "after insert on app.t4 referencing new table as fresh execute function rowlock.launch_on_change('react')",
      /new table as new_rows/,
    ],
    [
      "t5",
      "after insert on app.t5 for each row execute function rowlock.launch_on_change('react', 'txt')",
      /column "txt", which app.t5 does not have/,
    ],
  ];
  for (const [table, when, message] of refused) {
    await makeTable(table, when);
    await assert.rejects(
      inOrg(`insert into app.${table} (text) values ('x')`),
      { code: "INVALID_ARGUMENT", message },
      table,
    );
  }
  await makeTable(
    "t6",
    "after insert on app.t6 for each row execute function rowlock.launch_on_change('nothing')",
  );
  await assert.rejects(inOrg("insert into app.t6 (text) values ('x')"), { code: "UNKNOWN_TASK" });
  await asOwner(
    db,
    `create table app.t7 (text text); grant insert on app.t7 to rowlock_tenant;
     create trigger launch after insert on app.t7 for each row execute function rowlock.launch_on_change('react')`,
  );
  await assert.rejects(inOrg("insert into app.t7 (text) values ('x')"), {
    code: "NO_CLAIMS",
    message: /needs a column organization_id/,
  });
});
