import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import { after, before, test } from "node:test";
import express from "express";
import { makeSchema } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { get, grafast, object, type Step } from "postgraphile/grafast";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { extendSchema, gql } from "postgraphile/utils";
import { type ApiExtension, createApi, rowlockPreset, tenantMutation } from "../../src/api/index.ts";
import { launchJob } from "../../src/jobs/index.ts";
import { testLogger, withClient } from "../helpers/database.ts";
import { startWorld, type World } from "./support.ts";

/** A mutation that writes and launches in one transaction, as an application's does. */
const extension: ApiExtension = {
  name: "notes",
  graphql: {
    plugins: [
      extendSchema((build) => ({
        typeDefs: gql`
          input WriteAndGreetInput { title: String!, name: JSON! }
          type WriteAndGreetPayload { jobId: UUID! }
          extend type Mutation { writeAndGreet(input: WriteAndGreetInput!): WriteAndGreetPayload }
        `,
        objects: {
          Mutation: {
            plans: {
              writeAndGreet(_root, fieldArgs) {
                const $input = fieldArgs.getRaw("input") as Step<{ title: string; name: unknown }>;
                const $id = tenantMutation(build, $input, async (tx, { title, name }) => {
                  await tx.query("insert into app.notes (title) values ($1)", [title]);
                  return await launchJob(tx, "greet", { name });
                });
                return object({ id: $id });
              },
            },
          },
          WriteAndGreetPayload: { plans: { jobId: ($payload: Step) => get($payload, "id") } },
        },
      })),
    ],
  },
};

let world: World;
let server: Server;
let url: string;
let release: () => Promise<void>;
before(async () => {
  world = await startWorld();
  const api = await createApi({
    settings: world.settings,
    pool: world.db.pool("api"),
    logger: testLogger,
    extensions: [extension],
  });
  release = api.release;
  const app = express();
  app.use(api.router);
  app.use(express.json());
  app.post("/mine", (request, response) => {
    response.json({ heard: request.body as unknown });
  });
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : 0}`;
});
after(async () => {
  await new Promise((resolve) => server.close(resolve));
  await release();
  await world.stop();
});

test("Mounted into an application, the router serves its own paths and leaves the others alone", async () => {
  const mine = await fetch(`${url}/mine`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":1}',
  });
  assert.deepEqual(await mine.json(), { heard: { a: 1 } });
  assert.equal(mine.headers.get("x-request-id"), null);
  const headers = { authorization: `Bearer ${world.north.member.token}` };
  assert.equal((await fetch(`${url}/api/tasks`, { headers })).status, 200);
  assert.equal((await fetch(`${url}/api/tasks`)).status, 401);
});

test("A mutation of an application writes and launches in one transaction: both or neither", async () => {
  const run = async (name: unknown) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${world.north.member.token}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({
        query: 'mutation ($name: JSON!) { writeAndGreet(input: { title: "one", name: $name }) { jobId } }',
        variables: { name },
      }),
    });
    return (await response.json()) as {
      data: Record<string, unknown>;
      errors?: { extensions: { code: string } }[];
    };
  };
  const count = async () =>
    await world.asOwner<{ notes: number; jobs: number }>(
      "select (select count(*)::int from app.notes) as notes, (select count(*)::int from rowlock.job) as jobs",
    );
  const refused = await run(7);
  assert.equal(refused.errors?.[0]?.extensions.code, "INVALID_PAYLOAD");
  assert.deepEqual(await count(), [{ notes: 0, jobs: 0 }]);
  const done = await run("Ada");
  assert.equal(done.errors, undefined);
  assert.deepEqual(await count(), [{ notes: 1, jobs: 1 }]);
});

test("The preset stands beside an application's own PostGraphile service; each keeps its own rights", async () => {
  await withClient(world.db.urls.admin, (client) =>
    client.query(`
      create schema shop;
      create table shop.orders (id int primary key, organization_id uuid);
      insert into shop.orders values (1, null), (2, null)`),
  );
  const pool = world.db.pool("admin");
  const own = makePgService({ pool, schemas: ["shop"], pubsub: false });
  const preset = rowlockPreset({
    name: "rowlock",
    pool: world.db.pool("api"),
    schemas: ["rowlock"],
    statementTimeoutMs: 5_000,
    member: (context) => (context as { who?: typeof world.north.member }).who,
  });
  const { schema, resolvedPreset } = await makeSchema({
    extends: [PostGraphileAmberPreset, preset],
    pgServices: [own, ...(preset.pgServices ?? [])],
  });
  const ask = async (source: string, who?: typeof world.north.member) =>
    (await grafast({
      schema,
      source,
      resolvedPreset,
      requestContext: (who === undefined ? {} : { who }) as Partial<Grafast.RequestContext>,
    })) as { data?: Record<string, unknown>; errors?: { message: string }[] };
  const both = await ask(
    `mutation { launchJob(input: { task: "greet", payload: { name: "x" } }) { job { task state } } }`,
    world.north.member,
  );
  assert.equal(both.errors, undefined);
  assert.deepEqual(plain(both.data?.launchJob), { job: { task: "greet", state: "queued" } });
  const orders = await ask("{ orders { nodes { rowId } } jobs { nodes { task } } }", world.south.member);
  assert.equal(orders.errors, undefined, JSON.stringify(orders.errors));
  assert.deepEqual(plain(orders.data), {
    orders: { nodes: [{ rowId: 1 }, { rowId: 2 }] },
    jobs: { nodes: [] },
  });
  const nobody = await ask("{ orders { nodes { rowId } } jobs { nodes { task } } }");
  assert.equal(nobody.data?.jobs, null);
  assert.ok(nobody.data?.orders);
});

/** Grafast's objects have no prototype, which a strict comparison minds. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
