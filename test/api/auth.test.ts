import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { after, before, test } from "node:test";
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from "jose";
import { createAuthenticator } from "../../src/tenancy/index.ts";
import { codeOf, fieldOf, type Person, secret, startWorld, type World } from "./support.ts";

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

const same = (jwt: SignJWT) => jwt;
const key = new TextEncoder().encode(secret);

function token(
  who: Person,
  change: (jwt: SignJWT) => SignJWT = same,
  claims: Record<string, unknown> = {},
  header: { alg: string; kid?: string } = { alg: "HS256" },
): SignJWT {
  return change(
    new SignJWT({ org: who.organizationId, ...claims })
      .setProtectedHeader(header)
      .setSubject(who.userId)
      .setIssuer("rowlock")
      .setAudience("rowlock")
      .setExpirationTime("1h"),
  );
}

async function ask(authorization?: string) {
  const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
  const rest = await world.send("GET", "/api/jobs", { headers });
  const graphql = await world.send("POST", "/graphql", { headers, json: { query: "{ __typename }" } });
  return { rest, graphql };
}

test("Bad credentials are refused by REST and GraphQL alike, with a code and a next step", async (t) => {
  const who = world.north.member;
  const cases: [string, string, string | undefined][] = [
    ["none", "UNAUTHENTICATED", undefined],
    ["another scheme", "UNAUTHENTICATED", "Basic YTpi"],
    ["malformed", "UNAUTHENTICATED", "Bearer abc.def.ghi"],
    ["no word after Bearer", "UNAUTHENTICATED", "Bearer"],
    ["very long", "UNAUTHENTICATED", `Bearer ${"a".repeat(9_000)}`],
    [
      "expired",
      "TOKEN_EXPIRED",
      `Bearer ${await token(who, (jwt) => jwt.setExpirationTime("-1m")).sign(key)}`,
    ],
    [
      "another issuer",
      "UNAUTHENTICATED",
      `Bearer ${await token(who, (jwt) => jwt.setIssuer("someone")).sign(key)}`,
    ],
    [
      "another audience",
      "UNAUTHENTICATED",
      `Bearer ${await token(who, (jwt) => jwt.setAudience("web")).sign(key)}`,
    ],
    ["another key", "UNAUTHENTICATED", `Bearer ${await token(who).sign(key.map((byte) => byte + 1))}`],
    [
      "another algorithm",
      "UNAUTHENTICATED",
      `Bearer ${await token(who, same, {}, { alg: "HS512" }).sign(key)}`,
    ],
    [
      "no signature (alg none)",
      "UNAUTHENTICATED",
      `Bearer ${new UnsecuredJWT({ org: who.organizationId })
        .setSubject(who.userId)
        .setIssuer("rowlock")
        .setAudience("rowlock")
        .setExpirationTime("1h")
        .encode()}`,
    ],
    [
      "no expiry",
      "UNAUTHENTICATED",
      `Bearer ${await new SignJWT({ org: who.organizationId })
        .setProtectedHeader({ alg: "HS256" })
        .setSubject(who.userId)
        .setIssuer("rowlock")
        .setAudience("rowlock")
        .sign(key)}`,
    ],
    [
      "not valid yet",
      "UNAUTHENTICATED",
      `Bearer ${await token(who, (jwt) => jwt.setNotBefore("5m")).sign(key)}`,
    ],
    [
      "organization no uuid",
      "UNAUTHENTICATED",
      `Bearer ${await token(who, same, { org: "'; drop table" }).sign(key)}`,
    ],
    ["unknown API key", "UNAUTHENTICATED", "Bearer rlk_00000000_00"],
  ];
  for (const [name, code, authorization] of cases) {
    await t.test(name, async () => {
      for (const answer of Object.values(await ask(authorization))) {
        assert.equal(answer.status, 401);
        assert.equal(codeOf(answer), code);
        assert.match(answer.headers.get("www-authenticate") ?? "", /^Bearer realm="rowlock"/);
      }
    });
  }
});

test("A role in the token changes nothing: the database knows the role", async () => {
  const jwt = await token(world.north.viewer, same, { role: "owner", roles: ["owner"] }).sign(key);
  const answer = await world.send("POST", "/api/jobs", {
    headers: { authorization: `Bearer ${jwt}` },
    json: { task: "greet", payload: { name: "x" } },
  });
  assert.equal(answer.status, 403);
  assert.equal(codeOf(answer), "NOT_ALLOWED");
});

test("A token for an organization one does not belong to reads nothing", async () => {
  const jwt = await token({ ...world.north.member, organizationId: world.south.id }).sign(key);
  const { rest } = await ask(`Bearer ${jwt}`);
  assert.equal(rest.status, 403);
  assert.equal(codeOf(rest), "NOT_A_MEMBER");
  const graphql = await world.send("POST", "/graphql", {
    headers: { authorization: `Bearer ${jwt}` },
    json: { query: "{ jobs { nodes { id } } }" },
  });
  assert.equal(graphql.status, 403);
  assert.equal(codeOf(graphql), "NOT_A_MEMBER");
});

async function makeKey(who: Person, role: string): Promise<{ id: string; secret: string }> {
  const { data, errors } = await world.graphql(
    who,
    `mutation ($role: String) { createApiKey(input: { name: "k", role: $role }) { result { id secret } } }`,
    { role },
  );
  assert.deepEqual(errors, []);
  const { result } = fieldOf(data, "createApiKey") as { result: { id: string; secret: string } };
  assert.ok(result);
  return result;
}

test("An API key works as a bearer, as x-api-key and bare, with its own role, until it is revoked", async () => {
  const { id, secret: apiKey } = await makeKey(world.north.owner, "viewer");
  for (const headers of [
    { authorization: `Bearer ${apiKey}` },
    { authorization: apiKey },
    { "x-api-key": apiKey },
  ] as Record<string, string>[]) {
    assert.equal((await world.send("GET", "/api/jobs", { headers })).status, 200);
    const launch = await world.send("POST", "/api/jobs", {
      headers,
      json: { task: "greet", payload: { name: "x" } },
    });
    assert.equal(codeOf(launch), "NOT_ALLOWED");
  }
  await world.graphql(
    world.north.owner,
    "mutation ($id: UUID!) { revokeApiKey(input: { id: $id }) { result } }",
    {
      id,
    },
  );
  const answer = await world.send("GET", "/api/jobs", { headers: { "x-api-key": apiKey } });
  assert.equal(answer.status, 401);
  assert.equal(codeOf(answer), "UNAUTHENTICATED");
});

test("An expired API key is refused", async () => {
  const { id, secret: apiKey } = await makeKey(world.north.owner, "member");
  await world.asOwner("update rowlock.api_keys set expires_at = now() - interval '1 second' where id = $1", [
    id,
  ]);
  assert.equal((await world.send("GET", "/api/jobs", { headers: { "x-api-key": apiKey } })).status, 401);
});

test("A removed member and a suspended organization are refused at once, token or not", async () => {
  const gone = world.south.member;
  await world.graphql(
    world.south.owner,
    "mutation ($id: UUID!) { removeMember(input: { userId: $id }) { result } }",
    {
      id: gone.userId,
    },
  );
  const removed = await world.send("GET", "/api/jobs", { as: gone });
  assert.equal(removed.status, 403);
  assert.equal(codeOf(removed), "NOT_A_MEMBER");

  await world.asOwner("update rowlock.organizations set state = 'suspended' where id = $1", [world.south.id]);
  const suspended = await world.send("GET", "/api/jobs", { as: world.south.owner });
  assert.equal(suspended.status, 403);
  assert.equal(codeOf(suspended), "ORGANIZATION_INACTIVE");
  await world.asOwner("update rowlock.organizations set state = 'active' where id = $1", [world.south.id]);
  assert.equal((await world.send("GET", "/api/jobs", { as: world.south.owner })).status, 200);
});

test("Neither tokens nor keys reach the log", async () => {
  const { secret: apiKey } = await makeKey(world.north.owner, "member");
  await ask(`Bearer ${apiKey}`);
  const text = JSON.stringify(world.logged());
  assert.ok(!text.includes(apiKey));
  assert.ok(!text.includes(world.north.member.token));
  assert.ok(!text.includes(secret));
});

test("With JWT_JWKS_URL, tokens are checked by the issuer's public keys, and the secret is no longer taken", async () => {
  const { createServer } = await import("node:http");
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const issuer = createServer((_request, response) => response.end(JSON.stringify({ keys: [jwk] })));
  await new Promise<void>((resolve) => issuer.listen(0, "127.0.0.1", resolve));
  const address = issuer.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const settings = {
    JWT_SECRET: secret,
    JWT_ISSUER: "rowlock",
    JWT_AUDIENCE: "rowlock",
    JWT_JWKS_URL: `http://127.0.0.1:${port}/jwks`,
  };
  const authenticate = createAuthenticator({ settings, pool: world.db.pool("api") });
  const who = world.north.member;
  try {
    const good = await token(who, same, {}, { alg: "ES256", kid: "k1" }).sign(privateKey);
    const { expiresAt, ...member } = await authenticate(`Bearer ${good}`);
    assert.deepEqual(member, { userId: who.userId, organizationId: who.organizationId });
    assert.ok((expiresAt ?? 0) > Date.now());
    await assert.rejects(authenticate(`Bearer ${await token(who).sign(key)}`), { code: "UNAUTHENTICATED" });
    // The classic confusion: the public key's bytes used as an HMAC secret.
    const confused = createHash("sha256").update(JSON.stringify(jwk)).digest();
    const forged = await token(who, same, {}, { alg: "HS256", kid: "k1" }).sign(confused);
    await assert.rejects(authenticate(`Bearer ${forged}`), { code: "UNAUTHENTICATED" });
  } finally {
    issuer.close();
  }
  const unreachable = createAuthenticator({
    settings: { ...settings, JWT_JWKS_URL: "http://127.0.0.1:9/jwks" },
    pool: world.db.pool("api"),
  });
  const other = await token(who, same, {}, { alg: "ES256", kid: "k1" }).sign(privateKey);
  await assert.rejects(unreachable(`Bearer ${other}`), { code: "FETCH_FAILED" });
});
