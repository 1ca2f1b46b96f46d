import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readSettings } from "../../src/sdk/index.ts";
import { createOperatorAuthenticator, issueOperatorToken, withTenant } from "../../src/tenancy/index.ts";
import { type Answer, codeOf, type GraphqlAnswer, startWorld, type World } from "./support.ts";

let world: World;
let token: string;
before(async () => {
  world = await startWorld({ ops: true });
  token = await issueOperatorToken(world.settings, { name: "olga", expiresIn: "1h" });
});
after(() => world.stop());

async function send(query: string, variables: object = {}, as = token): Promise<Answer> {
  return await world.send("POST", "/ops/graphql", {
    headers: { authorization: `Bearer ${as}` },
    json: { query, variables },
  });
}
async function ask<Data>(query: string, variables: object = {}): Promise<Data> {
  const answer = await send(query, variables);
  const { data, errors } = answer.body as GraphqlAnswer;
  assert.deepEqual(errors ?? [], [], answer.text);
  return data as Data;
}

test("an operator sees every organization and edits its policy; the organization reads it and edits nothing", async () => {
  const { organizations } = await ask<{ organizations: { nodes: { name: string; policy: unknown }[] } }>(
    "{ organizations { nodes { id name state policy { weight } } } }",
  );
  assert.deepEqual(
    organizations.nodes.map(({ name, policy }) => [name, policy]),
    [
      ["north", null],
      ["south", null],
    ],
  );
  const policy = {
    organizationId: world.north.id,
    weight: 2.5,
    rateJobs: 10,
    rateMs: 1000,
    maxPending: 7,
    retention: { days: 30 },
  };
  await ask(
    "mutation ($policy: PolicyInput!) { createPolicy(input: { policy: $policy }) { policy { weight } } }",
    { policy },
  );
  const own =
    "{ policies { nodes { organizationId weight rateJobs maxPending paused retention { days } } } }";
  const seen = await world.graphql(world.north.viewer, own);
  assert.deepEqual(seen.data, {
    policies: {
      nodes: [
        {
          organizationId: world.north.id,
          weight: 2.5,
          rateJobs: 10,
          maxPending: 7,
          paused: false,
          retention: { days: 30 },
        },
      ],
    },
  });
  assert.deepEqual((await world.graphql(world.south.owner, own)).data, { policies: { nodes: [] } });
  const denied = await world.graphql(
    world.north.owner,
    `mutation { updatePolicy(input: { organizationId: "${world.north.id}", patch: { weight: 9 } }) { policy { weight } } }`,
  );
  assert.match(denied.errors[0]?.message ?? "", /Cannot query field "updatePolicy"/);
});

test("an update notes when it was made; half a rate and a weight of nothing are refused; a policy can be taken away", async () => {
  const id = world.south.id;
  const update =
    "mutation ($id: UUID!, $patch: PolicyPatch!) { updatePolicy(input: { organizationId: $id, patch: $patch }) { policy { paused updatedAt organization { name policy { weight } } } } }";
  await ask(
    "mutation ($id: UUID!) { createPolicy(input: { policy: { organizationId: $id } }) { clientMutationId } }",
    { id },
  );
  const before = await ask<{ policy: { updatedAt: string } }>(
    "query ($id: UUID!) { policy(organizationId: $id) { updatedAt } }",
    { id },
  );
  const after = await ask<{
    updatePolicy: { policy: { paused: boolean; updatedAt: string; organization: unknown } };
  }>(update, { id, patch: { paused: true } });
  assert.equal(after.updatePolicy.policy.paused, true);
  assert.deepEqual(after.updatePolicy.policy.organization, { name: "south", policy: { weight: 1 } });
  assert.ok(new Date(after.updatePolicy.policy.updatedAt) > new Date(before.policy.updatedAt));
  for (const patch of [{ rateJobs: 5 }, { weight: 0 }, { maxPending: -1 }, { retention: { minutes: 1 } }]) {
    assert.equal(codeOf(await send(update, { id, patch })), "INVALID_ARGUMENT", JSON.stringify(patch));
  }
  await ask("mutation ($id: UUID!) { deletePolicy(input: { organizationId: $id }) { clientMutationId } }", {
    id,
  });
  assert.deepEqual(await ask("query ($id: UUID!) { policy(organizationId: $id) { paused } }", { id }), {
    policy: null,
  });
});

test("a task's policy is there for whoever sees the task, and for nobody else", async () => {
  for (const task of ["greet", "only-system"]) {
    await ask(
      "mutation ($task: String!) { createTaskPolicy(input: { taskPolicy: { task: $task, maxRunning: 3 } }) { clientMutationId } }",
      { task },
    );
  }
  const query = "{ taskPolicies { nodes { task maxRunning } } }";
  assert.deepEqual((await world.graphql(world.south.viewer, query)).data, {
    taskPolicies: { nodes: [{ task: "greet", maxRunning: 3 }] },
  });
  assert.deepEqual(await ask(query), {
    taskPolicies: {
      nodes: [
        { task: "greet", maxRunning: 3 },
        { task: "only-system", maxRunning: 3 },
      ],
    },
  });
});

test("an operator sees what waits, and of jobs what they are and nothing that is in them", async () => {
  const south = world.south;
  const [first] = await withTenant(world.db.pool("api"), south.owner, async (tx) => {
    const at = "clock_timestamp() + interval '1 day'";
    const { rows } = await tx.query<{ id: string }>(
      `select rowlock.launch_job('greet', '{"name": "private"}', key => 'private') as id
       union all select rowlock.launch_job('greet', '{"name": "private"}', run_at => ${at})`,
    );
    return rows.map(({ id }) => id);
  });
  await world.asOwner(
    `update rowlock.live set state = 'waiting', run_at = now() - interval '90 seconds', progress_note = 'private'
     where id = $1`,
    [first],
  );
  await world.asOwner(
    `insert into rowlock.job_end (organization_id, id, run_at, priority, attempt, state, task, key, error_code, error_message)
     values ($1, rowlock_private.uuid_at(now() - interval '1 hour'), now(), 0, 5, 'failed', 'greet', 'private', 'TASK_FAILED', 'private')`,
    [south.id],
  );
  const { backlogs } = await ask<{ backlogs: { nodes: { oldestWaitingSeconds: number }[] } }>(
    "{ backlogs { nodes { organizationId name waiting scheduled inFlight oldestWaitingSeconds } } }",
  );
  const [{ oldestWaitingSeconds, ...backlog } = { oldestWaitingSeconds: 0 }] = backlogs.nodes;
  assert.equal(backlogs.nodes.length, 1);
  assert.deepEqual(backlog, {
    organizationId: south.id,
    name: "south",
    waiting: 1,
    scheduled: 1,
    inFlight: 0,
  });
  assert.ok(oldestWaitingSeconds >= 90 && oldestWaitingSeconds < 120, String(oldestWaitingSeconds));

  const query =
    "query ($id: UUID!, $state: String, $before: UUID) { jobSummaries(organization: $id, state: $state, beforeJob: $before) { nodes { id task state attempt source createdAt errorCode } } }";
  const list = async (variables: object) =>
    (
      await ask<{ jobSummaries: { nodes: { id: string; state: string }[] } }>(query, {
        id: south.id,
        ...variables,
      })
    ).jobSummaries.nodes;
  const all = await send(query, { id: south.id });
  assert.ok(!all.text.includes("private"));
  assert.deepEqual(
    (await list({})).map(({ state }) => state),
    ["scheduled", "waiting", "failed"],
  );
  assert.deepEqual(
    (await list({ state: "failed" })).map(({ state }) => state),
    ["failed"],
  );
  assert.deepEqual(
    (await list({ state: "waiting" })).map(({ id }) => id),
    [first],
  );
  assert.deepEqual(
    (await list({ before: first })).map(({ state }) => state),
    ["failed"],
  );
  const schema = await send("{ __schema { types { name fields { name } inputFields { name } } } }");
  const { types } = (schema.body as { data: { __schema: { types: { name: string }[] } } }).data.__schema;
  // A schedule of operators has a payload that is theirs.
  const others = types.filter(({ name }) => !/SystemSchedule|Payload$/.test(name));
  assert.ok(others.length < types.length && others.length > 20);
  assert.doesNotMatch(JSON.stringify(others), /payload|result"|errorMessage|progressNote|"key"/i);
});

test("an operator sees the workers, and which of them are alive", async () => {
  await world.db
    .pool("task")
    .query("select rowlock_private.register_worker('alive', 'host-1', 12, '1.2.3', 8, false)");
  await world.asOwner(
    "insert into rowlock_private.workers (id, host, pid, version, concurrency, running) values ('dead', 'host-2', 13, '1.2.3', 8, 5)",
  );
  const { workers } = await ask<{ workers: { nodes: object[] } }>(
    "{ workers { nodes { host pid version concurrency running alive } } }",
  );
  assert.deepEqual(workers.nodes, [
    { host: "host-1", pid: 12, version: "1.2.3", concurrency: 8, running: 0, alive: true },
    { host: "host-2", pid: 13, version: "1.2.3", concurrency: 8, running: 5, alive: false },
  ]);
});

test("the log names the operator of each request", async () => {
  await ask("{ workers { totalCount } }");
  assert.ok(
    world
      .logged()
      .some((line) => line.path === "/ops/graphql" && line.operator === "olga" && line.status === 200),
  );
});

test("without their login operators have no door, and one audience for both is refused", async () => {
  const closed = await startWorld();
  try {
    const answer = await closed.send("POST", "/ops/graphql", {
      headers: { authorization: `Bearer ${token}` },
      json: { query: "{ workers { totalCount } }" },
    });
    assert.deepEqual([answer.status, codeOf(answer)], [404, "NOT_FOUND"]);
  } finally {
    await closed.stop();
  }
  const settings = readSettings({
    JWT_SECRET: world.settings.JWT_SECRET,
    JWT_AUDIENCE: "x",
    JWT_OPS_AUDIENCE: "x",
  });
  assert.throws(() => createOperatorAuthenticator(settings), { code: "INVALID_SETTING" });
});
