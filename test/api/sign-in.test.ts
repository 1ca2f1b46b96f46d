import assert from "node:assert/strict";
import { request } from "node:http";
import { after, before, test } from "node:test";
import { signInOffers } from "../../src/cli/sign-in-offers.ts";
import { readSettings } from "../../src/sdk/index.ts";
import { createTestDatabase, testLogger, withClient } from "../helpers/database.ts";
import { secret, startWorld, type World } from "./support.ts";

const path = "/dashboard/sign-in.json";

let world: World;
before(async () => {
  const offers = [{ label: "Local", organization: "an id", token: "a token" }];
  world = await startWorld({ signInOffers: async () => ({ offers, operator: null }) });
});
after(() => world.stop());

type Got = { status: number; text: string; headers: Record<string, unknown> };

/** By hand, for fetch sets the Host header itself. */
function get(from: World, headers: Record<string, string>): Promise<Got> {
  const { promise, resolve, reject } = Promise.withResolvers<Got>();
  const asked = request(from.api.url + path, { headers }, async (response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    resolve({
      status: response.statusCode ?? 0,
      text: Buffer.concat(chunks).toString(),
      headers: response.headers,
    });
  });
  asked.on("error", reject).end();
  return promise;
}

test("offers are there without a token, for this machine's browser and never kept by it", async () => {
  for (const host of ["localhost:5680", "127.0.0.1", "[::1]:5680", "LOCALHOST"]) {
    for (const site of [undefined, "same-origin", "none"]) {
      const answer = await get(world, { host, ...(site === undefined ? {} : { "sec-fetch-site": site }) });
      assert.equal(answer.status, 200, `${host} ${site}: ${answer.text}`);
      assert.equal(answer.headers["cache-control"], "no-store");
      assert.equal(answer.headers["access-control-allow-origin"], undefined);
      assert.partialDeepStrictEqual(JSON.parse(answer.text), {
        offers: [{ token: "a token" }],
        operator: null,
      });
    }
  }
});

test("pages of other sites, foreign names that lead here, and proxies get none", async () => {
  const cases: Record<string, string>[] = [
    { host: "evil.example" },
    { host: "localhost.evil.example" },
    { host: "127.0.0.1.evil.example:5680" },
    { host: "evil.example@localhost" },
    { host: "0.0.0.0:5680" },
    { host: "localhost", "sec-fetch-site": "cross-site" },
    { host: "localhost", "sec-fetch-site": "same-site" },
    { host: "localhost", "x-forwarded-for": "127.0.0.1" },
    { host: "localhost", forwarded: "for=192.0.2.1" },
  ];
  for (const headers of cases) {
    const answer = await get(world, headers);
    assert.equal(answer.status, 404, `${JSON.stringify(headers)}: ${answer.text}`);
    assert.equal((JSON.parse(answer.text) as { error: { code: string } }).error.code, "NOT_FOUND");
    assert.ok(!answer.text.includes("a token"));
  }
});

test("without offers there is nothing, whoever asks", async () => {
  const closed = await startWorld();
  try {
    for (const as of [undefined, closed.north.owner]) {
      const answer = await closed.send("GET", path, as === undefined ? {} : { as });
      assert.equal(answer.status, 404);
      assert.equal((answer.body as { error: { code: string } }).error.code, "NOT_FOUND");
    }
  } finally {
    await closed.stop();
  }
});

test("in development, on this machine alone, owners of the newest organizations are offered; an empty database gets one", async () => {
  await using db = await createTestDatabase();
  const offersFor = async (env: Record<string, string>) => {
    const settings = readSettings({ NODE_ENV: "development", JWT_SECRET: secret, ...env });
    return await signInOffers(
      { settings, logger: testLogger },
      { admin: db.urls.admin, ops: env.OPS === "no" ? undefined : db.urls.ops },
    );
  };
  const counted = () =>
    withClient(db.urls.admin, async (client) => {
      const { rows } = await client.query<{ n: number }>(
        "select count(*)::int as n from rowlock.organizations",
      );
      return rows[0]?.n;
    });
  for (const env of [{ NODE_ENV: "test" }, { API_HOST: "0.0.0.0" }, { API_HOST: "rowlock.example" }]) {
    assert.equal(await offersFor(env), undefined, JSON.stringify(env));
  }
  assert.equal(await counted(), 0);
  for (const OPS of ["yes", "no"]) {
    const offers = await offersFor({ OPS });
    try {
      const listed = await offers?.list();
      assert.deepEqual(
        listed?.offers.map(({ label }) => label),
        ["Local (you@localhost)"],
      );
      assert.equal(listed?.operator === null, OPS === "no");
      assert.match(listed?.offers[0]?.token ?? "", /^ey/);
    } finally {
      await offers?.end();
    }
    assert.equal(await counted(), 1);
  }
  await withClient(db.urls.admin, (client) =>
    client.query(
      `select rowlock_private.create_organization('more ' || n, 'o' || n || '@more.example') from generate_series(1, 25) n`,
    ),
  );
  const offers = await offersFor({});
  try {
    const listed = (await offers?.list())?.offers ?? [];
    assert.equal(listed.length, 20);
    assert.equal(listed[0]?.label, "more 25 (o25@more.example)");
  } finally {
    await offers?.end();
  }
});
