import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";
import type { Job } from "../../src/sdk/index.ts";
import { codeOf, type Person, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

async function launch(as: Person, json: unknown) {
  return await world.send("POST", "/api/jobs", { as, json });
}

async function countJobs(): Promise<number> {
  const [row] = await world.asOwner<{ jobs: number }>("select count(*)::int as jobs from rowlock.job");
  return row?.jobs ?? -1;
}

test("A job is launched, read and listed", async () => {
  const made = await launch(world.north.member, { task: "greet", payload: { name: "Ada" }, priority: -3 });
  assert.equal(made.status, 201);
  const job = made.body as Job;
  assert.equal(made.headers.get("location"), `/api/jobs/${job.id}`);
  assert.equal(job.state, "queued");
  assert.equal(job.source, "rest");
  assert.deepEqual(job.payload, { name: "Ada" });
  const read = await world.send("GET", `/api/jobs/${job.id}`, { as: world.north.viewer });
  assert.deepEqual(read.body, made.body);
});

test("A launch that cannot be is refused with a code and a path, and leaves nothing", async (t) => {
  const before = await countJobs();
  const ok = { task: "greet", payload: { name: "x" } };
  const cases: [string, Person, unknown, number, string, string?][] = [
    ["unknown task", world.north.member, { task: "nope" }, 422, "UNKNOWN_TASK"],
    ["a task of the system", world.north.owner, { task: "only-system" }, 422, "UNKNOWN_TASK"],
    ["a task for administrators", world.north.member, { task: "reports/tidy" }, 403, "NOT_ALLOWED"],
    ["a missing property", world.north.member, { task: "greet" }, 422, "INVALID_PAYLOAD", "/name"],
    [
      "a wrong type",
      world.north.member,
      { task: "greet", payload: { name: "x", often: "y" } },
      422,
      "INVALID_PAYLOAD",
      "/often",
    ],
    [
      "a payload of 300 KB",
      world.north.member,
      { task: "greet", payload: { name: "x".repeat(300_000) } },
      413,
      "PAYLOAD_TOO_LARGE",
    ],
    ["a viewer", world.north.viewer, ok, 403, "NOT_ALLOWED"],
    ["no task", world.north.member, { payload: {} }, 422, "INVALID_ARGUMENT", "/task"],
    [
      "an unknown field",
      world.north.member,
      { ...ok, organizationId: world.south.id },
      422,
      "INVALID_ARGUMENT",
    ],
    ["a priority", world.north.member, { ...ok, priority: 1_000 }, 422, "INVALID_ARGUMENT", "/priority"],
    ["an empty key", world.north.member, { ...ok, key: "" }, 422, "INVALID_ARGUMENT", "/key"],
    [
      "a moment too far ahead",
      world.north.member,
      { ...ok, runAt: "2199-01-01T00:00:00Z" },
      422,
      "INVALID_ARGUMENT",
      "/runAt",
    ],
    ["a list", world.north.member, [ok], 422, "INVALID_ARGUMENT"],
  ];
  for (const [name, who, json, status, code, path] of cases) {
    await t.test(name, async () => {
      const answer = await launch(who, json);
      assert.deepEqual([answer.status, codeOf(answer)], [status, code], answer.text);
      const { issues } = (answer.body as { error: { issues: { path: string }[] } }).error;
      if (path !== undefined) assert.equal(issues[0]?.path, path);
    });
  }
  assert.equal(await countJobs(), before);
});

test("A body that is no JSON is refused clearly", async () => {
  const as = world.north.member;
  const broken = await world.send("POST", "/api/jobs", {
    as,
    headers: { "content-type": "application/json" },
    body: "{",
  });
  assert.deepEqual([broken.status, codeOf(broken)], [400, "INVALID_BODY"]);
  const text = await world.send("POST", "/api/jobs", {
    as,
    headers: { "content-type": "text/plain" },
    body: "x",
  });
  assert.deepEqual([text.status, codeOf(text)], [400, "INVALID_BODY"]);
});

test("Many are launched at once, all or none, in order", async () => {
  const payloads = Array.from({ length: 1_000 }, (_, at) => ({ name: `n${at}` }));
  const made = await world.send("POST", "/api/jobs/bulk", {
    as: world.south.member,
    json: { task: "greet", payloads },
  });
  assert.equal(made.status, 201, made.text);
  const { ids } = made.body as { ids: string[] };
  assert.equal(ids.length, 1_000);
  const last = await world.send("GET", `/api/jobs/${ids[999]}`, { as: world.south.member });
  assert.deepEqual((last.body as Job).payload, { name: "n999" });

  const before = await countJobs();
  const broken = await world.send("POST", "/api/jobs/bulk", {
    as: world.south.member,
    json: { task: "greet", payloads: [...payloads, { name: 7 }] },
  });
  assert.deepEqual([broken.status, codeOf(broken)], [422, "INVALID_PAYLOAD"]);
  const { issues } = (broken.body as { error: { issues: { path: string }[] } }).error;
  assert.equal(issues[0]?.path, "/1000/name");
  assert.equal(await countJobs(), before);
  for (const [json, path] of [
    [{ task: "greet", payloads: [] }, "/payloads"],
    [{ task: "greet", payloads: Array(10_001).fill({ name: "x" }) }, "/payloads"],
    [{ task: "greet", payloads: [{ name: "x" }], keys: ["a", "b"] }, "/keys"],
  ] as const) {
    const refused = await world.send("POST", "/api/jobs/bulk", { as: world.south.member, json });
    assert.equal(refused.status, 422);
    assert.equal(
      (refused.body as { error: { issues: { path: string }[] } }).error.issues[0]?.path,
      path,
      refused.text,
    );
  }
});

test("Jobs are listed newest first, by state and task, a page at a time", async () => {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page = await world.send(
      "GET",
      `/api/jobs?state=waiting&task=greet&first=90${after === null ? "" : `&after=${after}`}`,
      { as: world.south.viewer },
    );
    assert.equal(page.status, 200, page.text);
    const { jobs, next } = page.body as { jobs: Job[]; next: string | null };
    seen.push(...jobs.map(({ id }) => id));
    after = next;
  } while (after !== null);
  assert.equal(new Set(seen).size, 1_000);
  assert.deepEqual(seen, [...seen].sort().reverse());
  const none = await world.send("GET", "/api/jobs?state=failed", { as: world.south.viewer });
  assert.deepEqual(none.body, { jobs: [], next: null });
  for (const query of [
    "first=0",
    "first=101",
    "first=x",
    "state=lost",
    "after=x",
    "organization=1",
    "task=a&task=b",
  ]) {
    const refused = await world.send("GET", `/api/jobs?${query}`, { as: world.south.viewer });
    assert.deepEqual([refused.status, codeOf(refused)], [422, "INVALID_ARGUMENT"], query);
  }
});

test("Another organization's job is as unknown as one that never was", async () => {
  const made = await launch(world.north.member, { task: "greet", payload: { name: "x" } });
  const { id } = made.body as Job;
  const foreign = await world.send("GET", `/api/jobs/${id}`, { as: world.south.owner });
  const unknown = await world.send("GET", `/api/jobs/${randomUUID()}`, { as: world.south.owner });
  assert.deepEqual([foreign.status, codeOf(foreign)], [404, "NOT_FOUND"]);
  assert.deepEqual([unknown.status, codeOf(unknown)], [404, "NOT_FOUND"]);
  const malformed = await world.send("GET", "/api/jobs/42", { as: world.south.owner });
  assert.deepEqual([malformed.status, codeOf(malformed)], [422, "INVALID_ARGUMENT"]);
});

test("Tasks are listed with their schemas; those of the system are not", async () => {
  const { body } = await world.send("GET", "/api/tasks", { as: world.north.viewer });
  const { tasks } = body as { tasks: { name: string; inputSchema: object }[] };
  assert.deepEqual(
    tasks.map(({ name }) => name),
    ["greet", "reports/tidy"],
  );
  assert.ok("properties" in (tasks[0]?.inputSchema ?? {}));
});

test("An unknown path is 404 and names what there is", async () => {
  const answer = await world.send("GET", "/api/nothing", { as: world.north.member });
  assert.deepEqual([answer.status, codeOf(answer)], [404, "NOT_FOUND"]);
  assert.equal((await world.send("GET", "/elsewhere")).status, 404);
});

test("Every request has one line in the log, an id in its answer, and safe headers; no origin is let in", async () => {
  const answer = await world.send("GET", "/api/tasks?access_token=very-secret", {
    as: world.north.member,
    headers: { origin: "https://evil.example" },
  });
  const id = answer.headers.get("x-request-id");
  const lines = world.logged().filter(({ requestId }) => requestId === id);
  assert.equal(lines.length, 1);
  const { method, path, status, organizationId, ms } = lines[0] ?? {};
  assert.deepEqual(
    { method, path, status, organizationId },
    { method: "GET", path: "/api/tasks", status: 200, organizationId: world.north.id },
  );
  assert.equal(typeof ms, "number");
  assert.ok(!JSON.stringify(world.logged()).includes("very-secret"));
  assert.equal(answer.headers.get("access-control-allow-origin"), null);
  assert.equal(answer.headers.get("x-powered-by"), null);
  assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
});
