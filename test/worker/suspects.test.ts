import assert from "node:assert/strict";
import { test } from "node:test";
import { launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { watchSuspects } from "../../src/worker/suspects.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { jobRow, register, until } from "../helpers/jobs.ts";
import { makeOrganization } from "../helpers/organization.ts";
import note from "./fixtures/tasks/note.ts";

test("a delivery that lost the database and whose worker lives is no crash, however often", async () => {
  await using db = await createTestDatabase();
  const { member } = await makeOrganization(db);
  await register(db, note);
  const jobId = await withTenant(db.pool("api"), member, (tx) => launchJob(tx, note, { text: "any" }));
  const suspects = watchSuspects(db.pool("task"));
  const crashes = async () => {
    const { rows } = await db.pool("admin").query<{ crashes: number }>("select crashes from rowlock.live");
    return rows[0]?.crashes;
  };
  for (let delivery = 2; delivery < 8; delivery += 1) {
    const lost = suspects.run({ jobId, task: "note", attempts: delivery }, async () => {
      assert.equal(await crashes(), 1, "noted while it runs");
      throw new Error("the database is away");
    });
    await assert.rejects(lost, /the database is away/);
    await until(crashes, (count) => count === 0);
  }
  assert.equal((await jobRow(db, jobId)).state, "queued");
});
