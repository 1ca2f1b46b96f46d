import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestDatabase } from "../helpers/database.ts";
import { attack } from "./attack.ts";
import { readPolicies } from "./catalogue.ts";
import { dropEachPolicy } from "./each-policy.ts";
import { describeFindings } from "./report.ts";

test("Any single policy dropped turns the suite red, and it is green with all of them", async (t) => {
  await using one = await createTestDatabase();
  await using other = await createTestDatabase();
  const before = await readPolicies(one.pool("admin"));
  assert.equal(describeFindings(await attack(one)), "");
  const dropped = await dropEachPolicy([one, other]);
  const unnoticed = dropped.filter(({ findings }) => findings.length === 0).map(({ policy }) => policy);
  assert.deepEqual(unnoticed, [], "policies that can be dropped unnoticed");
  const after = await readPolicies(one.pool("admin"));
  assert.equal(dropped.length, after.length);
  // Put back as it was: the suite is green again, and the catalogue the same but for the tables it made itself.
  assert.deepEqual(
    after.filter(({ table }) => before.some((policy) => policy.table === table)),
    before,
  );
  assert.equal(describeFindings(await attack(one)), "");
  for (const { policy, findings } of dropped) t.diagnostic(`${policy}: ${describeFindings(findings)}`);
});
