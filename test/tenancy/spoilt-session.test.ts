import assert from "node:assert/strict";
import { test } from "node:test";
import { createPool } from "../../src/db/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, testLogger } from "../helpers/database.ts";
import { makeOrganization } from "../helpers/organization.ts";

test("a connection on which someone left claims for the session is thrown away after one refusal", async () => {
  await using db = await createTestDatabase();
  const { member } = await makeOrganization(db);
  const pool = createPool({ url: db.urls.api, max: 1, name: "spoilt", logger: testLogger });
  try {
    await withTenant(pool, member, (tx) =>
      tx.query("select set_config('rowlock.organization_id', $1, false)", [member.organizationId]),
    );
    const refused = withTenant(pool, member, (tx) => tx.query("select 1"));
    await assert.rejects(refused, { code: "CLAIMS_ALREADY_SET" });
    const { rows } = await withTenant(pool, member, (tx) =>
      tx.query("select count(*)::int as n from rowlock.users"),
    );
    assert.deepEqual(rows, [{ n: 1 }]);
  } finally {
    await pool.end();
  }
});
