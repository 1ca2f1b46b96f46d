import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { z } from "zod";
import { createPool } from "../../src/db/index.ts";
import { defineTask, launchJobs, Relay } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase, testLogger } from "../helpers/database.ts";
import { createNotes, jobRows, noteTexts, register } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { countRoundTrips } from "../helpers/round-trips.ts";

const task = defineTask({
  name: "relayed",
  bundle: false,
  input: z.object({ text: z.string(), swallows: z.boolean().optional() }),
  async run({ text, swallows }, { tx }) {
    await tx.query("insert into app.notes (text) values ($1)", [text]);
    if (swallows === true) await tx.query("select 1 / 0").catch(() => undefined);
  },
});
const { signal } = new AbortController();

let db: TestDatabase;
let org: TestOrganization;
before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  await register(db, task);
  org = await makeOrganization(db);
});
after(() => db.drop());

const launch = (payloads: { text: string; swallows?: boolean }[]) =>
  withTenant(db.pool("api"), org.member, (tx) => launchJobs(tx, "relayed", payloads));
const states = async (ids: readonly string[]) => (await jobRows(db, ids)).map(({ state }) => state);

test("the end of one job and the beginning of the next share a round trip", async () => {
  const ids = await launch(["a", "b", "c"].map((text) => ({ text })));
  await using counter = await countRoundTrips(db.urls.admin);
  const pool = createPool({
    url: counter.through(db.urls.task),
    max: 1,
    name: "test relay",
    logger: testLogger,
  });
  await pool.query("select");
  counter.trips.length = 0;
  const relay = new Relay(pool, task.definition, signal);
  for (const [index, id] of ids.entries()) await relay.run(id, () => ids[index + 1]);
  await relay.leave();
  await pool.end();
  // A begin, three handlers' inserts, two ends with the next begin, an end.
  assert.equal(counter.trips.length, 7, JSON.stringify(counter.trips));
  assert.deepEqual(await states(ids), ["succeeded", "succeeded", "succeeded"]);
});

test("a commit that fails is written down although one connection is all there is; the next job runs", async () => {
  const ids = await launch([{ text: "swallowing", swallows: true }, { text: "next" }]);
  const pool = createPool({ url: db.urls.task, max: 1, name: "test relay", logger: testLogger });
  const relay = new Relay(pool, task.definition, signal);
  const kinds: string[] = [];
  for (const [index, id] of ids.entries()) kinds.push((await relay.run(id, () => ids[index + 1])).kind);
  await relay.leave();
  await pool.end();
  assert.deepEqual(kinds, ["retried", "succeeded"]);
  assert.deepEqual(await states(ids), ["scheduled", "succeeded"]);
  const texts = await noteTexts(db);
  assert.ok(texts.includes("next") && !texts.includes("swallowing"), texts.join());
});

test("a job that was begun and is not to run now is given back untouched", async () => {
  const [first = "", second = ""] = await launch([{ text: "run" }, { text: "left" }]);
  const relay = new Relay(db.pool("task"), task.definition, signal);
  await relay.run(first, () => second);
  await relay.leave();
  assert.deepEqual(await states([first]), ["succeeded"]);
  assert.equal((await jobRows(db, [second]))[0]?.attempt, 0);
  assert.equal((await relay.run(second)).kind, "succeeded");
});
