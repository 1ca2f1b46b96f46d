import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { createTestDatabase, type TestDatabase } from "../helpers/database.ts";
import { inherited } from "../helpers/inherited.ts";
import { brokerRows, createNotes, jobRows, noteTexts } from "../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../helpers/organization.ts";
import { workerEnv } from "../helpers/worker.ts";

const root = join(import.meta.dirname, "../..");
const secret = "a secret of the tests of commands, for HS256";
let db: TestDatabase;
let org: TestOrganization;

before(async () => {
  db = await createTestDatabase();
  await createNotes(db);
  org = await makeOrganization(db);
});
after(() => db.drop());

function rowlock(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, ["bin/rowlock.js", ...args], {
    cwd: root,
    encoding: "utf8",
    timeout: 30_000,
    env: { ...inherited, ...workerEnv(db), DATABASE_URL: db.urls.admin, JWT_SECRET: secret },
  });
  return { code: status, stdout, stderr };
}

function runTask(task: string, payload: string) {
  const who = ["--organization", org.organizationId, "--user", org.userId];
  return rowlock("run-task", task, ...who, "--payload", payload);
}

test("run-task runs a task in place, under the member's claims, and the queue never hears of it", async () => {
  const { code, stdout, stderr } = runTask("note", '{"text": "in place"}');
  assert.equal(code, 0, stderr);
  const job = JSON.parse(stdout) as { state: string; source: string; result: unknown; userId: string };
  assert.deepEqual(
    [job.state, job.source, job.result, job.userId],
    ["succeeded", "run-task", { attempt: 1 }, org.userId],
  );
  assert.deepEqual(await noteTexts(db), ["in place"]);
  assert.deepEqual(await brokerRows(db), []);
});

test("run-task runs a long task the same way", async () => {
  const { code, stdout, stderr } = runTask("nested/long-note", '{"text": "long, in place"}');
  assert.equal(code, 0, stderr);
  assert.equal((JSON.parse(stdout) as { state: string }).state, "succeeded");
  assert.ok((await noteTexts(db)).includes("long, in place"));
});

test("run-task says in one line what is wrong, and stores nothing", async () => {
  const jobs = (await jobRows(db)).length;
  for (const [task, payload, said] of [
    ["nothing", "{}", /^UNKNOWN_TASK: There is no task "nothing"\. There are: /],
    ["note", "{", /^INVALID_ARGUMENT: --payload is not JSON/],
    ["note", "{}", /^INVALID_PAYLOAD: .*\/text/],
  ] as const) {
    const { code, stderr } = runTask(task, payload);
    assert.equal(code, 1);
    assert.match(stderr.trim(), said);
    assert.equal(stderr.trim().split("\n").length, 1, stderr);
  }
  assert.equal((await jobRows(db)).length, jobs);
});

test("organization create makes an organization with an owner and a token that the API would take", async () => {
  const { code, stdout, stderr } = rowlock("organization", "create", "Initech", "Peter@Initech.example");
  assert.equal(code, 0, stderr);
  const made = JSON.parse(stdout) as { organizationId: string; userId: string; token: string };
  const [, claims = ""] = made.token.split(".");
  const { sub, org: organization } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<
    string,
    string
  >;
  assert.deepEqual([sub, organization], [made.userId, made.organizationId]);
  const { rows } = await db
    .pool("admin")
    .query(
      "select u.email, m.role from rowlock.memberships m join rowlock.users u on u.id = m.user_id where m.organization_id = $1",
      [made.organizationId],
    );
  assert.deepEqual(rows, [{ email: "peter@initech.example", role: "owner" }]);
  const other = rowlock(
    "token",
    "--organization",
    made.organizationId,
    "--user",
    made.userId,
    "--expires-in",
    "5m",
  );
  assert.match(other.stdout, /^ey[\w-]+\.[\w-]+\.[\w-]+\n$/);
});

test("token makes one for an operator too, for the operators' door alone; half of a user is nobody", () => {
  const { stdout } = rowlock("token", "--operator", "olga");
  const [, claims = ""] = stdout.split(".");
  const { sub, aud, org } = JSON.parse(Buffer.from(claims, "base64url").toString()) as Record<string, string>;
  assert.deepEqual([sub, aud, org], ["olga", "rowlock-ops", undefined]);
  for (const half of [[], ["--user", "x"], ["--operator", "olga", "--organization", "x"]]) {
    const { code, stderr } = rowlock("token", ...half);
    assert.equal(code, 1);
    assert.match(stderr, /^INVALID_ARGUMENT: Say who the token is for/);
  }
});

test("migrate says that there is nothing to do; health says that nobody answers", () => {
  const migrated = rowlock("migrate");
  assert.deepEqual(
    [migrated.code, migrated.stdout],
    [0, "Nothing to do: the database is current.\n"],
    migrated.stderr,
  );
  const { code, stderr } = rowlock("health", "--url", "http://127.0.0.1:1/readyz");
  assert.equal(code, 1);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:1\/readyz cannot be reached: /);
});
