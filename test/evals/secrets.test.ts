import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { z } from "zod";
import {
  type KeyRing,
  openSecret,
  readKeyRing,
  removeSecret,
  storeSecret,
} from "../../src/evals/secrets/index.ts";
import { defineTask, launchJob } from "../../src/jobs/index.ts";
import { type TenantTransaction, withTenant } from "../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { deliver, jobRow, register } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";

const key = (name: string) => `${name}:${randomBytes(32).toString("base64")}`;
const [old, young] = [key("old"), key("young")];
let ring: KeyRing = readKeyRing(old);
let db: TestDatabase;
let [org, other]: TestOrganization[] = [];
let opened: string | undefined;
const open = defineTask({
  name: "open",
  input: z.object({ id: z.string(), purpose: z.string() }),
  maxAttempts: 1,
  async run({ id, purpose }, { tx }) {
    opened = await openSecret(tx, ring, purpose, id);
  },
});
before(async () => {
  db = await createTestDatabase();
  await register(db, open);
  [org, other] = [await makeOrganization(db), await makeOrganization(db)];
});
after(() => db.drop());

const as = <T>(who: TestOrganization | undefined, work: (tx: TenantTransaction) => Promise<T>) =>
  withTenant(db.pool("api"), (who ?? assert.fail()).member, work);
/** What a task of the organization reads; the error's code when it cannot. */
async function openIn(
  who: TestOrganization | undefined,
  id: string,
  purpose = "token",
): Promise<string | null> {
  opened = undefined;
  const job = await as(who, (tx) => launchJob(tx, "open", { id, purpose }));
  await deliver(db, job, open);
  return opened ?? (await jobRow(db, job)).errorCode;
}

test("a secret is stored encrypted, and read by tasks of its organization for its purpose alone", async () => {
  const id = await as(org, (tx) => storeSecret(tx, ring, "token", "s3cret"));
  assert.equal(await openIn(org, id), "s3cret");
  assert.equal(await openIn(other, id), "NOT_FOUND");
  assert.equal(await openIn(org, id, "another"), "NOT_FOUND");
  await assert.rejects(
    as(org, (tx) => openSecret(tx, ring, "token", id)),
    { code: "NOT_ALLOWED" },
  );
  const { rows } = await db.pool("admin").query("select * from evals.secrets");
  assert.ok(
    !JSON.stringify(rows.map((row) => ({ ...row, ciphertext: String(row.ciphertext) }))).includes("s3cret"),
  );
  await assert.rejects(
    as(org, (tx) => tx.query("select ciphertext from evals.secrets")),
    /permission denied/,
  );
});

test("the first key encrypts, and what older ones encrypted is still read", async () => {
  const id = await as(org, (tx) => storeSecret(tx, ring, "token", "before"));
  ring = readKeyRing(`${young},${old}`);
  assert.equal(await openIn(org, id), "before");
  const later = await as(org, (tx) => storeSecret(tx, ring, "token", "after"));
  ring = readKeyRing(young);
  assert.equal(await openIn(org, later), "after");
  assert.equal(await openIn(org, id), "INVALID_SETTING");
  ring = readKeyRing(`${young},${old}`);
});

test("moved to another row or organization, it cannot be read", async () => {
  const [one, two] = await as(org, async (tx) => [
    await storeSecret(tx, ring, "token", "one"),
    await storeSecret(tx, ring, "token", "two"),
  ]);
  await db
    .pool("admin")
    .query(
      "update evals.secrets set ciphertext = (select ciphertext from evals.secrets where id = $1) where id = $2",
      [one, two],
    );
  assert.equal(await openIn(org, String(two)), "INVALID_SETTING");
  await db
    .pool("admin")
    .query("update evals.secrets set organization_id = $1 where id = $2", [other?.organizationId, one]);
  assert.equal(await openIn(other, String(one)), "INVALID_SETTING");
});

test("without a key nothing can be stored, and a key that is none is refused", async () => {
  await assert.rejects(
    as(org, (tx) => storeSecret(tx, readKeyRing(undefined), "token", "x")),
    { code: "INVALID_SETTING" },
  );
  for (const wrong of ["short:YWJj", "noname", `${old},${old}`]) {
    assert.throws(() => readKeyRing(wrong), { code: "INVALID_SETTING" });
  }
  await assert.rejects(
    as(org, (tx) => storeSecret(tx, ring, "token", "")),
    { code: "INVALID_ARGUMENT" },
  );
  const viewer = await makeOrganization(db, { role: "viewer" });
  await assert.rejects(
    as(viewer, (tx) => storeSecret(tx, ring, "token", "x")),
    { code: "NOT_ALLOWED" },
  );
});

test("one that is removed is gone", async () => {
  const id = await as(org, (tx) => storeSecret(tx, ring, "token", "x"));
  await as(org, (tx) => removeSecret(tx, id));
  assert.equal(await openIn(org, id), "NOT_FOUND");
});
