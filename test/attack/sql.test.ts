import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { type Arena, prepareArena } from "./arena.ts";
import { describeFindings, startReport } from "./report.ts";
import { sqlCases } from "./sql/index.ts";

let db: TestDatabase;
let arena: Arena;
before(async () => {
  db = await createTestDatabase();
  arena = await prepareArena(db);
});
after(() => db.drop());

test("Every table has rows of both organizations with canaries", () => {
  assert.deepEqual(arena.unprepared, []);
  assert.ok(arena.targets.length > 10);
  assert.ok(arena.partitions.length > 3);
});

for (const [name, attack] of Object.entries(sqlCases)) {
  test(name, async () => {
    const report = startReport();
    await attack(arena, report);
    assert.equal(describeFindings(report.findings), "");
  });
}
