import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import { issueOperatorToken } from "../../src/tenancy/index.ts";
import { type Answer, codeOf, secret } from "../api/support.ts";
import { readObjects, readRelations } from "./catalogue.ts";
import { type Battlefield, startBattlefield } from "./http/battlefield.ts";
import { markIn } from "./report.ts";

let field: Battlefield;
let operator: string;
before(async () => {
  field = await startBattlefield({}, { ops: true });
  operator = await issueOperatorToken(field.world.settings, { name: "olga", expiresIn: "1h" });
});
after(() => field.stop());

const at = (path: string, token: string | undefined): Promise<Answer> =>
  field.world.send("POST", path, {
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    json: { query: "{ organizations { nodes { name } } }" },
  });
const sign = (
  claims: object,
  { aud = "rowlock-ops" as string | string[], key = secret, expires = "1h" } = {},
) => {
  const token = new SignJWT({ sub: "olga", ...claims }).setProtectedHeader({ alg: "HS256" });
  return token
    .setIssuer("rowlock")
    .setAudience(aud)
    .setExpirationTime(expires)
    .sign(new TextEncoder().encode(key));
};

test("An operator's token opens the operators' door, so that the others fail for what they are", async () => {
  const answer = await at("/ops/graphql", operator);
  assert.equal(answer.status, 200);
  assert.ok(answer.text.includes(field.arena.south.canary));
  assert.equal((await at("/ops/graphql", await sign({}))).status, 200);
});

test("Whatever opens the tenants' door does not open the operators'", async (t) => {
  const { world, arena } = field;
  const owner = await field.as(arena.north, "owner");
  const claims = { sub: owner.userId, org: owner.organizationId };
  const cases: Record<string, string | undefined> = {
    "no credentials": undefined,
    "an owner's token": owner.token,
    "an owner's token that says operator": await sign(
      { ...claims, role: "rowlock_operator" },
      { aud: "rowlock" },
    ),
    "a token for both doors": await sign(claims, { aud: ["rowlock", "rowlock-ops"] }),
    "a token of no name": await sign({ sub: "" }),
    "an API key": arena.north.apiKey.secret,
    "another secret": await sign({}, { key: "another secret of 32 characters!" }),
    expired: await sign({}, { expires: "-1h" }),
  };
  for (const [name, token] of Object.entries(cases)) {
    await t.test(name, async () => {
      const answer = await at("/ops/graphql", token);
      assert.equal(answer.status, 401, answer.text);
      assert.equal(markIn(answer.text, arena.south.marks), undefined);
    });
  }
  await t.test("an API key in its own header", async () => {
    const headers = { "x-api-key": arena.north.apiKey.secret };
    const json = { query: "{ organizations { nodes { name } } }" };
    assert.equal((await world.send("POST", "/ops/graphql", { headers, json })).status, 401);
  });
});

test("An operator's token does not open the tenants' door", async () => {
  const { north } = field.arena;
  const withOrganization = await sign({ sub: north.users.owner, org: north.id });
  for (const token of [operator, withOrganization]) {
    const graphql = await at("/graphql", token);
    assert.deepEqual([graphql.status, codeOf(graphql)], [401, "UNAUTHENTICATED"]);
    const rest = await field.world.send("GET", "/api/jobs", {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.deepEqual([rest.status, codeOf(rest)], [401, "UNAUTHENTICATED"]);
  }
});

test("At other paths under /ops, and by other ways than POST, there is nothing", async () => {
  const headers = { authorization: `Bearer ${operator}` };
  for (const [method, path, status] of [
    ["GET", "/ops/graphql?query={organizations{nodes{name}}}", 405],
    ["POST", "/ops", 404],
    ["POST", "/ops/graphql/", 404],
    ["GET", "/ops/graphiql", 404],
  ] as const) {
    const answer = await field.world.send(method, path, { headers });
    assert.equal(answer.status, status, `${method} ${path}: ${answer.text}`);
    assert.ok(!answer.text.includes(field.arena.south.canary));
  }
});

const readable = [
  "rowlock.audit_entries",
  "rowlock.organizations",
  "rowlock.policies",
  "rowlock.system_schedules",
  "rowlock.task_policies",
];
const callable = ["backlogs", "database_health", "job_summaries", "organization_shares", "workers"];

/** In the role of operators, on their own login, undone afterwards; the code of what was refused. */
async function asOperator(text: string): Promise<string | undefined> {
  const client = await field.world.db.pool("ops").connect();
  try {
    await client.query("begin; set local role rowlock_operator");
    return await client.query(text).then(
      () => undefined,
      (error: { code?: string }) => error.code ?? "?",
    );
  } finally {
    await client.query("rollback");
    client.release();
  }
}

test("Operators reach policies, their schedules, what they did and the names of organizations, and not one table more", async () => {
  const admin = field.world.db.pool("admin");
  const relations = (await readRelations(admin)).map(({ name }) => name);
  for (const schema of ["rowlock_private", "rowlock_migrations", "graphile_worker"]) {
    relations.push(...(await readObjects(admin, schema)));
  }
  assert.ok(relations.length > 40);
  const reached: string[] = [];
  for (const name of relations) {
    const code = await asOperator(`select * from ${name}`);
    if (code === undefined) reached.push(name);
    else assert.equal(code, "42501", name);
  }
  assert.deepEqual(reached.toSorted(), readable);
});

test("Operators call their own functions and no other", async () => {
  const { rows } = await field.world.db.pool("admin").query<{ name: string }>(
    `select proname::text as name from pg_proc p join pg_namespace n on n.oid = p.pronamespace
     where nspname !~ '^pg_' and nspname <> 'information_schema'
       and has_schema_privilege('rowlock_operator', n.oid, 'usage')
       and has_function_privilege('rowlock_operator', p.oid, 'execute') order by 1`,
  );
  assert.deepEqual(
    rows.map(({ name }) => name),
    callable,
  );
});

test("Operators edit policies and nothing else, and become nobody else; their login alone has no rights", async () => {
  const { south } = field.arena;
  const refused = [
    `update rowlock.organizations set name = 'x'`,
    `delete from rowlock.organizations`,
    `update rowlock.policies set organization_id = '${south.id}'`,
    `update rowlock.policies set updated_at = 'epoch'`,
    `truncate rowlock.policies`,
    `create table rowlock.mine ()`,
    `set role rowlock_tenant`,
    `set role rowlock_owner`,
    `set role rowlock_api`,
    `set role rowlock_broker`,
    `reset role; select * from rowlock.organizations`,
    `select * from rowlock.jobs`,
    `select payload from rowlock.job`,
  ];
  for (const text of refused) assert.equal(await asOperator(text), "42501", text);
  // With a tenant's claims set by hand the tables stay as shut.
  const claimed = `set local rowlock.organization_id = '${south.id}'; set local rowlock.role = 'owner'; `;
  assert.equal(await asOperator(`${claimed} select * from rowlock.jobs`), "42501");
  assert.equal(await asOperator(`update rowlock.policies set weight = 3`), undefined);
  // Of the audit they see what operators did, whoever's it is.
  assert.equal(
    await asOperator(
      "do $$ begin assert not exists (select from rowlock.audit_entries where operator is null); end $$",
    ),
    undefined,
  );
});
