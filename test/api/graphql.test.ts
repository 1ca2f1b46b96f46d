import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { printGraphqlSchema } from "../../src/api/index.ts";
import { codeOf, fieldOf, type Person, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const launch = `mutation ($input: LaunchJobInput!) {
  launchJob(input: $input) { job { id task state payload key priority maxAttempts source userId runAt } }
}`;

async function launchAs(who: Person, input: Record<string, unknown>) {
  return await world.graphql(who, launch, { input });
}

async function countJobs(): Promise<number> {
  const [row] = await world.asOwner<{ jobs: number }>("select count(*)::int as jobs from rowlock.job");
  return row?.jobs ?? -1;
}

test("launchJob launches for the caller's organization and shows the job", async () => {
  const { data, errors } = await launchAs(world.north.member, {
    task: "greet",
    payload: { name: "Ada" },
    key: "first",
    priority: 5,
    maxAttempts: 7,
    runAt: new Date(Date.now() + 3_600_000).toISOString(),
  });
  assert.deepEqual(errors, []);
  const { job } = fieldOf(data, "launchJob") as { job: Record<string, unknown> };
  assert.deepEqual(
    { ...job, id: "", runAt: "" },
    {
      id: "",
      runAt: "",
      task: "greet",
      state: "scheduled",
      payload: { name: "Ada" },
      key: "first",
      priority: 5,
      maxAttempts: 7,
      source: "graphql",
      userId: world.north.member.userId,
    },
  );
  const again = await launchAs(world.north.member, { task: "greet", payload: { name: "Bob" }, key: "first" });
  assert.equal((fieldOf(again.data, "launchJob") as { job: { id: string } }).job.id, job.id);
});

test("A launch that cannot be is refused with a code, and leaves nothing behind", async (t) => {
  const before = await countJobs();
  const cases: [string, Person, Record<string, unknown>, string, string?][] = [
    ["unknown task", world.north.member, { task: "nope" }, "UNKNOWN_TASK"],
    ["a task of the system", world.north.owner, { task: "only-system" }, "UNKNOWN_TASK"],
    ["a task for administrators", world.north.member, { task: "reports/tidy" }, "NOT_ALLOWED"],
    ["a missing property", world.north.member, { task: "greet", payload: {} }, "INVALID_PAYLOAD", "/name"],
    ["a wrong type", world.north.member, { task: "greet", payload: { name: 7 } }, "INVALID_PAYLOAD", "/name"],
    [
      "an unknown property",
      world.north.member,
      { task: "greet", payload: { name: "x", x: 1 } },
      "INVALID_PAYLOAD",
      "/x",
    ],
    [
      "a payload too large",
      world.north.member,
      { task: "greet", payload: { name: "x".repeat(300_000) } },
      "PAYLOAD_TOO_LARGE",
    ],
    [
      "a priority out of bounds",
      world.north.member,
      { task: "greet", payload: { name: "x" }, priority: 101 },
      "INVALID_ARGUMENT",
      "/priority",
    ],
    [
      "a moment that is none",
      world.north.member,
      { task: "greet", payload: { name: "x" }, runAt: "tomorrow" },
      "INVALID_ARGUMENT",
      "/runAt",
    ],
    ["a viewer", world.north.viewer, { task: "greet", payload: { name: "x" } }, "NOT_ALLOWED"],
  ];
  for (const [name, who, input, code, path] of cases) {
    await t.test(name, async () => {
      const { data, errors } = await launchAs(who, input);
      assert.equal(errors[0]?.extensions?.code, code, JSON.stringify(errors));
      if (path !== undefined) assert.equal(errors[0]?.extensions?.issues?.[0]?.path, path);
      assert.equal(data?.launchJob ?? null, null);
    });
  }
  assert.equal(await countJobs(), before);
});

test("Each field of a mutation is a transaction of its own: the good one stands, the failed one leaves nothing", async () => {
  const before = await countJobs();
  const { data, errors } = await world.graphql(
    world.north.member,
    `mutation {
      good: launchJob(input: { task: "greet", payload: { name: "x" } }) { job { id } }
      bad: launchJob(input: { task: "greet", payload: { name: 1 } }) { job { id } }
    }`,
  );
  assert.equal(errors.length, 1);
  assert.ok(data?.good);
  assert.equal(await countJobs(), before + 1);
});

test("A launch whose transaction fails at its end leaves no job", async () => {
  await world.asOwner(`
    create function app.refuse() returns trigger language plpgsql as $$
    begin raise exception 'not today'; end $$;
    create constraint trigger refuse after insert on rowlock.live deferrable initially deferred
      for each row when (new.priority = 77) execute function app.refuse()`);
  const before = await countJobs();
  const { errors } = await launchAs(world.north.member, {
    task: "greet",
    payload: { name: "x" },
    priority: 77,
  });
  assert.equal(errors[0]?.extensions?.code, "INTERNAL");
  assert.equal(await countJobs(), before);
});

test("One organization sees nothing of another: by id, list, filter and relation, nor changes it", async () => {
  const canary = "north's own canary";
  const create = `mutation ($title: String!) { createNote(input: { note: { title: $title } }) { note { id } } }`;
  const made = await world.graphql(world.north.member, create, { title: canary });
  assert.deepEqual(made.errors, []);
  const { id } = (fieldOf(made.data, "createNote") as { note: { id: string } }).note;
  const remark = await world.graphql(
    world.north.member,
    `mutation ($id: UUID!) { createRemark(input: { remark: { noteId: $id, body: "${canary}" } }) { remark { note { title } } } }`,
    { id },
  );
  assert.deepEqual(remark.errors, []);
  const job = await launchAs(world.north.member, { task: "greet", payload: { name: canary } });
  const jobId = (fieldOf(job.data, "launchJob") as { job: { id: string } }).job.id;

  const look = `query ($id: UUID!, $job: UUID!, $organization: UUID!) {
    note(id: $id) { title }
    notes(filter: { title: { startsWith: "north" } }) { nodes { title remarks { nodes { body } } } totalCount }
    remarks(filter: { noteId: { equalTo: $id } }) { nodes { body } totalCount }
    job(id: $job) { payload }
    jobs { nodes { payload organizationId } }
    organization(id: $organization) { name memberships { nodes { user { email } } } }
    users { nodes { email } }
  }`;
  const variables = { id, job: jobId, organization: world.north.id };
  const own = await world.graphql(world.north.viewer, look, variables);
  assert.deepEqual(own.errors, []);
  assert.equal((fieldOf(own.data, "note") as { title: string }).title, canary);
  assert.ok(JSON.stringify(own.data?.organization).includes("owner@north.example"));

  const foreign = await world.graphql(world.south.owner, look, variables);
  assert.deepEqual(foreign.errors, []);
  const text = JSON.stringify(foreign);
  assert.ok(!text.includes("north"), text);
  assert.equal(foreign.data?.note, null);
  assert.equal(foreign.data?.job, null);

  const remarkAcross = await world.graphql(
    world.south.member,
    `mutation ($id: UUID!) { createRemark(input: { remark: { noteId: $id, body: "x" } }) { remark { id } } }`,
    { id },
  );
  assert.equal(remarkAcross.errors[0]?.extensions?.code, "INVALID_ARGUMENT");
  const across = await world.graphql(
    world.south.member,
    `mutation ($id: UUID!) {
      updateNote(input: { id: $id, patch: { title: "taken" } }) { note { id } }
      deleteNote(input: { id: $id }) { note { id } }
    }`,
    { id },
  );
  assert.deepEqual(
    across.errors.map(({ extensions }) => extensions?.code),
    ["NOT_FOUND"],
  );
  for (const payload of Object.values(across.data ?? {})) {
    assert.equal((payload as { note: unknown } | null)?.note ?? null, null);
  }
  const still = await world.graphql(world.north.viewer, "query ($id: UUID!) { note(id: $id) { title } }", {
    id,
  });
  assert.equal((fieldOf(still.data, "note") as { title: string }).title, canary);
});

test("A customer's table with grants is read and written through GraphQL; a viewer only reads", async () => {
  const title = "a note to change";
  const made = await world.graphql(
    world.south.member,
    `mutation { createNote(input: { note: { title: "${title}", mood: { good: [1, 2] } } }) { note { id mood organizationId } } }`,
  );
  assert.deepEqual(made.errors, []);
  const { note } = fieldOf(made.data, "createNote") as {
    note: { id: string; mood: unknown; organizationId: string };
  };
  assert.deepEqual(note.mood, { good: [1, 2] });
  assert.equal(note.organizationId, world.south.id);
  const changed = await world.graphql(
    world.south.member,
    'mutation ($id: UUID!) { updateNote(input: { id: $id, patch: { title: "changed" } }) { note { title } } }',
    { id: note.id },
  );
  assert.deepEqual(changed.data?.updateNote, { note: { title: "changed" } });
  const refused = await world.graphql(
    world.south.viewer,
    'mutation { createNote(input: { note: { title: "by a viewer" } }) { note { id } } }',
  );
  assert.equal(refused.errors[0]?.extensions?.code, "NOT_ALLOWED");
  const twice = await world.graphql(
    world.south.member,
    'mutation { createNote(input: { note: { title: "changed" } }) { note { id } } }',
  );
  assert.equal(twice.errors[0]?.extensions?.code, "CONFLICT");
});

test("The schema holds nothing private, no base table of jobs, no partition, no hash and no node", async () => {
  const sdl = await printGraphqlSchema({ pool: world.db.pool("api"), settings: world.settings });
  for (const word of [
    /secretHash/i,
    /rowlockPrivate/i,
    /type JobEnd\b/,
    /type Live\b/,
    /\blives\b/,
    /P20\d{6}/i,
    /Default\b.*Connection/,
    /interface Node\b/,
    /\bnodeId\b/,
    /beginJob/i,
    /protectTable/i,
    /launchJobFor/i,
    /uuidAt/i,
    /syncTasks/i,
  ]) {
    assert.doesNotMatch(sdl, word);
  }
  assert.match(sdl, /\bjob\(id: UUID!\): Job\b/);
  assert.match(sdl, /\bnote\(id: UUID!\): Note\b/);
  // The claims give the organization: nobody is asked for it, and nobody can move a row.
  assert.doesNotMatch(/input NoteInput \{[^}]*\}/.exec(sdl)?.[0] ?? "organizationId", /organizationId/);
  assert.doesNotMatch(/input NotePatch \{[^}]*\}/.exec(sdl)?.[0] ?? "organizationId", /organizationId/);
  const again = await printGraphqlSchema({ pool: world.db.pool("api"), settings: world.settings });
  assert.equal(sdl, again);
});

test("A schema private to the kernel cannot be shown by mistake", async () => {
  await assert.rejects(
    printGraphqlSchema({
      pool: world.db.pool("api"),
      settings: { ...world.settings, GRAPHQL_SCHEMAS: ["rowlock", "rowlock_private"] },
    }),
    { code: "INVALID_SETTING" },
  );
});

test("GraphiQL is there in development and not in production", async () => {
  const page = await world.send("GET", "/graphiql");
  assert.equal(page.status, 200);
  assert.match(page.text, /<html/i);
  const production = await startWorld({ env: { NODE_ENV: "production" } });
  try {
    const none = await production.send("GET", "/graphiql");
    assert.equal(none.status, 401);
    assert.equal(codeOf(none), "UNAUTHENTICATED");
    const explained = await production.send("POST", "/graphql", {
      as: production.north.member,
      headers: { "x-graphql-explain": "plan,sql" },
      json: { query: "{ jobs { nodes { id } } }" },
    });
    assert.doesNotMatch(explained.text, /explain|select /i);
  } finally {
    await production.stop();
  }
});
