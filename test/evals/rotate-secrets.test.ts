import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { z } from "zod";
import { openSecret, readKeyRing, rotateSecrets, storeSecret } from "../../src/evals/secrets/index.ts";
import { defineTask, launchJob } from "../../src/jobs/index.ts";
import { withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase } from "../helpers/database.ts";
import { deliver, register } from "../helpers/jobs.ts";
import { asOwner, makeOrganization } from "../helpers/organization.ts";

const key = (name: string) => `${name}:${randomBytes(32).toString("base64")}`;

test("after a rotation the former key is not needed any more; secrets keep their ids and their age", async () => {
  const [former, fresh] = [key("2025"), key("2026")];
  const db = await createTestDatabase();
  try {
    const [org, other] = [await makeOrganization(db), await makeOrganization(db)];
    const store = (who: typeof org, text: string) =>
      withTenant(db.pool("api"), who.member, (tx) => storeSecret(tx, readKeyRing(former), "token", text));
    const ids = [await store(org, "one"), await store(org, "two")];
    const theirs = await store(other, "theirs");
    const rows = () =>
      asOwner<{ id: string; key_name: string; created_at: Date }>(
        db,
        "select id, key_name, created_at from evals.secrets order by id",
      );
    const before = await rows();

    const opened: string[] = [];
    let counted: unknown;
    const rotate = defineTask({
      name: "rotate",
      input: z.object({}),
      async run(_payload, { tx }) {
        counted = await rotateSecrets(tx, readKeyRing(`${fresh},${former}`), null);
        for (const id of ids) opened.push(await openSecret(tx, readKeyRing(fresh), "token", id));
      },
    });
    await register(db, rotate);
    const job = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, "rotate", {}));
    assert.equal((await deliver(db, job, rotate)).kind, "succeeded");
    assert.deepEqual([counted, opened], [{ rotated: 2, next: null }, ["one", "two"]]);
    const expected = before.map((row) => ({ ...row, key_name: row.id === theirs ? "2025" : "2026" }));
    assert.deepEqual(await rows(), expected);

    const again = await withTenant(db.pool("api"), org.member, (tx) => launchJob(tx, "rotate", {}));
    await deliver(db, again, rotate);
    assert.deepEqual(counted, { rotated: 0, next: null });
  } finally {
    await db.drop();
  }
});
