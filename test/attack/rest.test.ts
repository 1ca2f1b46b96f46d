import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { after, before, test } from "node:test";
import { SignJWT } from "jose";
import { type Answer, codeOf, type Person, secret } from "../api/support.ts";
import { type Battlefield, startBattlefield } from "./http/battlefield.ts";
import { markIn } from "./report.ts";
import { newId } from "./side.ts";

let field: Battlefield;
let north: Person;
before(async () => {
  field = await startBattlefield();
  north = await field.as(field.arena.north, "owner");
});
after(() => field.stop());

const key = new TextEncoder().encode(secret);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
const claims = () => ({
  sub: north.userId,
  org: north.organizationId,
  iss: "rowlock",
  aud: "rowlock",
  iat: Math.floor(Date.now() / 1000),
  exp: Math.floor(Date.now() / 1000) + 600,
});

/** A token written by hand: what its header says and how it is signed need not fit. */
function forge(header: object, payload: object, signed: (text: string) => string): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${signed(text)}`;
}
const hmac =
  (with_: string | Buffer, hash = "sha256") =>
  (text: string) =>
    createHmac(hash, with_).update(text).digest("base64url");
const honest = hmac(secret);

async function withToken(token: string): Promise<Answer> {
  return await field.world.send("GET", "/api/jobs", { headers: { authorization: `Bearer ${token}` } });
}

test("A token forged by hand in the honest way is accepted, so that the others fail for what they are", async () => {
  assert.equal((await withToken(forge({ alg: "HS256", typ: "JWT" }, claims(), honest))).status, 200);
});

test("Forged and confused tokens are refused", async (t) => {
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = pair.publicKey.export({ type: "spki", format: "pem" }).toString();
  const rsa = (text: string) => sign("sha256", Buffer.from(text), pair.privateKey).toString("base64url");
  const cases: Record<string, string> = {
    "alg none": forge({ alg: "none" }, claims(), () => ""),
    "alg None": forge({ alg: "None" }, claims(), () => ""),
    "alg none with a good signature": forge({ alg: "none" }, claims(), honest),
    "no alg": forge({ typ: "JWT" }, claims(), honest),
    "another secret": forge({ alg: "HS256" }, claims(), hmac("another secret of 32 characters!")),
    "an empty secret": forge({ alg: "HS256" }, claims(), hmac("")),
    "HS512 with the secret": forge({ alg: "HS512" }, claims(), hmac(secret, "sha512")),
    "RS256 in the header, the secret as key": forge({ alg: "RS256" }, claims(), honest),
    "RS256 with a key of one's own": forge({ alg: "RS256" }, claims(), rsa),
    "a public key of one's own as secret": forge({ alg: "HS256" }, claims(), hmac(pem)),
    "a key in the header": forge(
      { alg: "RS256", jwk: pair.publicKey.export({ format: "jwk" }) },
      claims(),
      rsa,
    ),
    "a key's address in the header": forge(
      { alg: "HS256", kid: "/dev/null", jku: "http://127.0.0.1:1/" },
      claims(),
      hmac(""),
    ),
    "critical extensions nobody knows": forge({ alg: "HS256", crit: ["x"], x: 1 }, claims(), honest),
    "another audience": forge({ alg: "HS256" }, { ...claims(), aud: "rowlock-operators" }, honest),
    "no audience": forge({ alg: "HS256" }, { ...claims(), aud: undefined }, honest),
    "another issuer": forge({ alg: "HS256" }, { ...claims(), iss: "someone" }, honest),
    expired: forge({ alg: "HS256" }, { ...claims(), exp: claims().iat - 60 }, honest),
    "no expiry": forge({ alg: "HS256" }, { ...claims(), exp: undefined }, honest),
    "expiry in words": forge({ alg: "HS256" }, { ...claims(), exp: "tomorrow" }, honest),
    "not valid yet": forge({ alg: "HS256" }, { ...claims(), nbf: claims().iat + 600 }, honest),
    "no user": forge({ alg: "HS256" }, { ...claims(), sub: undefined }, honest),
    "an organization that is SQL": forge({ alg: "HS256" }, { ...claims(), org: "' or true --" }, honest),
    "two organizations": forge(
      { alg: "HS256" },
      { ...claims(), org: [north.organizationId, field.arena.south.id] },
      honest,
    ),
    "a changed payload": (() => {
      const [header, , signature] = forge({ alg: "HS256" }, claims(), honest).split(".");
      return `${header}.${encode({ ...claims(), org: field.arena.south.id })}.${signature}`;
    })(),
    "four parts": `${forge({ alg: "HS256" }, claims(), honest)}.x`,
    "the hash of another's key": `rlk_${field.arena.south.apiKey.hash.toString("hex")}`,
    "the prefix of another's key": field.arena.south.apiKey.secret.slice(0, -1),
  };
  for (const [name, token] of Object.entries(cases)) {
    await t.test(name, async () => {
      const answer = await withToken(token);
      assert.equal(answer.status, 401, answer.text);
      assert.ok(!answer.text.includes(token.slice(-20)) || token.slice(-20).length < 20);
    });
  }
});

test("A role in the token changes nothing, neither does a pg setting", async () => {
  const viewer = await field.as(field.arena.north, "viewer");
  const token = await new SignJWT({
    org: north.organizationId,
    role: "rowlock_owner",
    roles: ["owner", "system"],
    "rowlock.role": "system",
    "rowlock.organization_id": field.arena.south.id,
    organization_id: field.arena.south.id,
    row_security: "off",
    pgSettings: { role: "rowlock_owner" },
  })
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(viewer.userId)
    .setIssuer("rowlock")
    .setAudience("rowlock")
    .setExpirationTime("1h")
    .sign(key);
  const as = { ...viewer, token };
  const list = await field.world.send("GET", "/api/jobs", { as });
  assert.equal(list.status, 200);
  assert.equal(markIn(list.text, field.arena.south.marks), undefined);
  const launch = await field.world.send("POST", "/api/jobs", {
    as,
    json: { task: "greet", payload: { name: "x" } },
  });
  assert.equal(codeOf(launch), "NOT_ALLOWED");
});

test("A member of one organization is nobody in another", async () => {
  const stranger = forge({ alg: "HS256" }, { ...claims(), org: field.arena.south.id }, honest);
  const answer = await withToken(stranger);
  assert.deepEqual([answer.status, codeOf(answer)], [403, "NOT_A_MEMBER"]);
  const nowhere = await withToken(forge({ alg: "HS256" }, { ...claims(), org: newId() }, honest));
  assert.equal(nowhere.status, 403);
});

test("Headers and parameters that name another organization change nothing", async () => {
  const { south } = field.arena;
  const headers = {
    "x-organization-id": south.id,
    "x-hasura-role": "admin",
    "x-forwarded-user": south.users.owner,
  };
  const answer = await field.world.send("GET", "/api/jobs", { as: north, headers });
  assert.equal(answer.status, 200);
  assert.equal(markIn(answer.text, south.marks), undefined);
  assert.ok(answer.text.includes(field.arena.north.canary));
  const query = await field.world.send("GET", `/api/jobs?organizationId=${south.id}`, { as: north });
  assert.equal(markIn(query.text.replaceAll(south.id, ""), south.marks), undefined);
  assert.notEqual(query.status, 200);
});

test("Every route with an id answers 404 for another's, as for nobody's", async () => {
  const { south } = field.arena;
  const document = (await field.world.send("GET", "/api/openapi.json", { as: north })).body as {
    paths?: Record<string, Record<string, unknown>>;
  };
  const paths = Object.entries(document.paths ?? {}).filter(([path]) => path.includes("{"));
  assert.ok(paths.length > 0, "no routes in the OpenAPI document");
  const ids = [...Object.values(south.ids), south.live.id];
  for (const [path, methods] of paths) {
    for (const method of Object.keys(methods)) {
      const answers = await Promise.all(
        [...ids, newId()].map((id) =>
          field.world.send(method.toUpperCase(), path.replaceAll(/\{[^}]+\}/g, id), {
            as: north,
            ...(method === "get" ? {} : { json: {} }),
          }),
        ),
      );
      const strange = answers.at(-1);
      for (const answer of answers) {
        assert.equal(markIn(answer.text.replaceAll(/[0-9a-f-]{36}/g, ""), south.marks), undefined);
        assert.ok(
          [404, 422, 400].includes(answer.status),
          `${method} ${path}: ${answer.status} ${answer.text}`,
        );
        assert.equal(answer.status, strange?.status, `${method} ${path} tells another's from nobody's`);
      }
    }
  }
});

test("Every list of the REST API shows one's own and nothing of another's", async () => {
  const document = (await field.world.send("GET", "/api/openapi.json", { as: north })).body as {
    paths?: Record<string, Record<string, unknown>>;
  };
  const lists = Object.entries(document.paths ?? {}).filter(
    ([path, methods]) => "get" in methods && !path.includes("{"),
  );
  assert.ok(lists.length >= 2);
  for (const [path] of lists) {
    const answer = await field.world.send("GET", path, { as: north });
    assert.equal(markIn(answer.text, field.arena.south.marks), undefined, path);
  }
});

test("The same key in two organizations is two jobs, and neither changes the other", async () => {
  const south = await field.as(field.arena.south, "owner");
  const launch = async (as: Person, name: string) =>
    (
      await field.world.send("POST", "/api/jobs", {
        as,
        json: { task: "greet", payload: { name }, key: "shared" },
      })
    ).body as { id: string; payload: unknown };
  const [ours, theirs] = [await launch(north, "north"), await launch(south, "south")];
  assert.notEqual(ours.id, theirs.id);
  assert.equal((await launch(north, "again")).id, ours.id);
  const read = await field.world.send("GET", `/api/jobs/${theirs.id}`, { as: south });
  assert.deepEqual((read.body as { payload: unknown }).payload, { name: "south" });
  const { rows } = await field.world.db
    .pool("admin")
    .query(
      "select count(*)::int as jobs from graphile_worker._private_jobs where payload ->> 'job' = any($1)",
      [[ours.id, theirs.id]],
    );
  assert.equal(rows[0]?.jobs, 2);
});

test("A task of the system can neither be seen nor launched, and looks like one that does not exist", async () => {
  const launch = (task: string) => field.world.send("POST", "/api/jobs", { as: north, json: { task } });
  const [hidden, missing] = [await launch("only-system"), await launch("no-such-task")];
  assert.equal(codeOf(hidden), "UNKNOWN_TASK");
  assert.equal(hidden.text.replaceAll("only-system", "?"), missing.text.replaceAll("no-such-task", "?"));
  const list = await field.world.send("GET", "/api/tasks", { as: north });
  assert.doesNotMatch(list.text, /only-system|attack\/system/);
});

test("Oversized and deeply nested bodies are refused and nothing is stored", async () => {
  const count = async () => (await field.world.asOwner("select id from rowlock.job")).length;
  const before = await count();
  const post = (body: string) =>
    field.world.send("POST", "/api/jobs", {
      as: north,
      headers: { "content-type": "application/json" },
      body,
    });
  const large = await post(JSON.stringify({ task: "greet", payload: { name: "x".repeat(300_000) } }));
  assert.deepEqual([large.status, codeOf(large)], [413, "PAYLOAD_TOO_LARGE"]);
  const huge = await post(JSON.stringify({ task: "greet", payload: { name: "x".repeat(1_100_000) } }));
  assert.deepEqual([huge.status, codeOf(huge)], [413, "PAYLOAD_TOO_LARGE"]);
  const deep = await post(`{"task":"greet","payload":${"[".repeat(20_000)}${"]".repeat(20_000)}}`);
  assert.equal(deep.status, 400, deep.text);
  const polluted = await post('{"task":"greet","payload":{"name":"x"},"__proto__":{"priority":-100}}');
  assert.ok(polluted.status >= 400 || (polluted.body as { priority: number }).priority === 0, polluted.text);
  const nul = await post('{"task":"greet","payload":{"name":"\\u0000"}}');
  assert.ok(nul.status >= 400 && nul.status < 500, `a null character: ${nul.status} ${nul.text}`);
  assert.ok((await count()) <= before + 1);
});

test("A revoked key is refused at once", async () => {
  const { apiKey } = field.arena.north;
  const ask = () => field.world.send("GET", "/api/jobs", { headers: { "x-api-key": apiKey.secret } });
  assert.equal((await ask()).status, 200);
  await field.world.asOwner("update rowlock.api_keys set revoked_at = now() where id = $1", [apiKey.id]);
  assert.equal((await ask()).status, 401);
});

test("Nothing of it brought the other's canary, a key or a secret into the log", () => {
  const { south, north: own } = field.arena;
  const found = markIn(field.log(), [south.canary, south.apiKey.secret, own.apiKey.secret, secret]);
  assert.equal(found, undefined);
});
