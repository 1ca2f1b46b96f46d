/** Does what docs/adopting.md says, in a database where an application with tables of its own is at home. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { after, before, test } from "node:test";
import express from "express";
import pg from "pg";
import { postgraphile } from "postgraphile";
import { grafast } from "postgraphile/grafast";
import type { Api } from "../../src/api/index.ts";
import { RowlockError } from "../../src/sdk/index.ts";
import { loadTasks } from "../../src/worker/index.ts";
import { withClient } from "../helpers/database.ts";
import { deliver, jobRow } from "../helpers/jobs.ts";
import { readBlocks, repository } from "./pages.ts";
import { newReader, type Reader } from "./reader.ts";

/** The shop, as it was before Rowlock came. */
const shop = (password: string) => `
  do $$ begin
    if to_regrole('shop_app') is null then create role shop_app; end if;
  end $$;
  alter role shop_app login password '${password}';
  create schema shop;
  create table shop.companies (id uuid primary key default gen_random_uuid(), name text, closed_at timestamptz);
  create table shop.employees (
    id uuid primary key default gen_random_uuid(), company_id uuid not null references shop.companies, position text);
  create table shop.orders (
    id uuid primary key default gen_random_uuid(), company_id uuid not null references shop.companies,
    item text not null, confirmed_at timestamptz);
  grant usage on schema shop to shop_app;
  grant select, insert, update, delete on all tables in schema shop to shop_app`;

type Employee = { id: string; companyId: string };
type PlaceOrder = { placeOrder(client: pg.ClientBase, employee: Employee, item: string): Promise<string> };
type OwnServer = {
  app: express.Express;
  pool: pg.Pool;
  rowlock: Api;
  tokenFor(employee: Employee): Promise<string>;
};
type OwnGraphile = { preset: GraphileConfig.Preset; pool: pg.Pool };

let reader: Reader;
let client: pg.Client;
let shopUrl: string;
let manager: Employee;
let rival: Employee;
before(async () => {
  reader = await newReader();
  const password = randomUUID();
  const url = new URL(reader.db.urls.admin);
  url.username = "shop_app";
  url.password = password;
  for (const name of ["user", "password"]) if (url.searchParams.has(name)) url.searchParams.delete(name);
  shopUrl = url.href;
  await withClient(reader.db.urls.admin, (admin) => admin.query(shop(password)));
  for (const block of readBlocks(join(repository, "docs/adopting.md"))) await reader.follow(block);
  client = new pg.Client({ connectionString: shopUrl });
  await client.connect();
  [manager, rival] = [await hire("manager"), await hire("manager")];
});
after(async () => {
  await client.end();
  const { admin } = reader.db.urls;
  await reader[Symbol.asyncDispose]();
  const server = new URL(admin);
  server.pathname = "/postgres";
  await withClient(server.href, (other) => other.query("drop role shop_app"));
});

async function hire(position: string, companyId?: string): Promise<Employee> {
  const company =
    companyId ??
    (await client.query("insert into shop.companies (name) values ('one') returning id")).rows[0].id;
  const { rows } = await client.query(
    "insert into shop.employees (company_id, position) values ($1, $2) returning id",
    [company, position],
  );
  return { id: rows[0].id, companyId: company };
}

async function orderAndJob(employee: Employee, item: string) {
  const { placeOrder } = await reader.load<PlaceOrder>("place-order.ts");
  const order = await placeOrder(client, employee, item);
  const { rows } = await reader.db
    .pool("admin")
    .query<{ id: string }>("select id from rowlock.job where payload ->> 'orderId' = $1", [order]);
  assert.equal(rows.length, 1);
  const run = async () => {
    const task = (await loadTasks([join(reader.folder, "tasks")])).get("orders/confirm");
    assert.ok(task !== undefined);
    return await deliver(reader.db, String(rows[0]?.id), task);
  };
  return { order, job: String(rows[0]?.id), run };
}

test("A job launched in the application's own transaction confirms its order, for its employee", async () => {
  const { order, job, run } = await orderAndJob(manager, "ink");
  assert.deepEqual(await run(), { kind: "succeeded" });
  const { rows } = await client.query(
    "select confirmed_at is not null as confirmed from shop.orders where id = $1",
    [order],
  );
  assert.deepEqual(rows, [{ confirmed: true }]);
  const { organizationId, userId, source } = await jobRow(reader.db, job);
  assert.deepEqual([organizationId, userId, source], [manager.companyId, manager.id, "application"]);
});

test("A refused launch takes the order along, and the rest of the application goes on", async () => {
  const { placeOrder } = await reader.load<PlaceOrder>("place-order.ts");
  const count = async () => (await client.query("select count(*)::int as n from shop.orders")).rows[0].n;
  const before = await count();
  const stranger = { id: rival.id, companyId: manager.companyId };
  await assert.rejects(placeOrder(client, stranger, "ink"), { code: "NOT_A_MEMBER" });
  const guest = await hire("intern", manager.companyId);
  await assert.rejects(placeOrder(client, guest, "ink"), { code: "NOT_ALLOWED" });
  assert.equal(await count(), before);
});

test("A task sees the orders of its own company alone", async () => {
  const { order } = await orderAndJob(rival, "their paper");
  const who = { organizationId: manager.companyId, userId: manager.id };
  const { launchJobFor } = await import("../../src/index.ts");
  const job = await launchJobFor(client, who, "orders/confirm", { orderId: order });
  const task = (await loadTasks([join(reader.folder, "tasks")])).get("orders/confirm");
  assert.ok(task !== undefined);
  assert.equal((await deliver(reader.db, job, task)).kind, "failed");
  assert.equal((await jobRow(reader.db, job)).errorCode, "NO_SUCH_ORDER");
});

test("An employee who left, or a company that closed, has jobs cancelled that were not begun", async () => {
  const clerk = await hire("clerk");
  const first = await orderAndJob(clerk, "pens");
  const second = await orderAndJob(clerk, "more pens");
  await client.query("update shop.companies set closed_at = now() where id = $1", [clerk.companyId]);
  assert.deepEqual(await first.run(), { kind: "cancelled" });
  await client.query("delete from shop.employees where id = $1", [clerk.id]);
  assert.deepEqual(await second.run(), { kind: "cancelled" });
  const codes = await Promise.all([first, second].map(({ job }) => jobRow(reader.db, job)));
  assert.deepEqual(
    codes.map((row) => row.errorCode),
    ["ORGANIZATION_INACTIVE", "NOT_A_MEMBER"],
  );
});

test("The API in their Express server answers employees by their token, and leaves the other routes alone", async () => {
  Object.assign(process.env, reader.env, { LOG_LEVEL: "error", NODE_ENV: "test" });
  const { app, pool, rowlock, tokenFor } = await reader.load<OwnServer>("server.ts");
  const below = express().use("/rowlock", rowlock.router).use(app);
  const server: Server = createServer(below).listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    const address = server.address();
    const url = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const as = async (employee: Employee) => ({ authorization: `Bearer ${await tokenFor(employee)}` });
    const get = async (path: string, headers = {}) => await fetch(url + path, { headers });
    const { job } = await orderAndJob(manager, "glue");
    assert.equal(await (await get("/hello")).text(), "the shop's own");
    assert.equal((await get("/api/jobs")).status, 401);
    assert.equal((await get(`/api/jobs/${job}`, await as(manager))).status, 200);
    assert.equal((await get(`/api/jobs/${job}`, await as(rival))).status, 404);
    assert.equal((await get(`/rowlock/api/jobs/${job}`, await as(manager))).status, 200);
    const asked = await fetch(`${url}/rowlock/graphql`, {
      method: "POST",
      headers: { ...(await as(manager)), "content-type": "application/json" },
      body: JSON.stringify({ query: `{ job(id: "${job}") { task } }` }),
    });
    assert.deepEqual(((await asked.json()) as { data: unknown }).data, { job: { task: "orders/confirm" } });
    const fired = { id: randomUUID(), companyId: manager.companyId };
    assert.equal((await get(`/api/jobs/${job}`, await as(fired))).status, 403);
  } finally {
    server.closeAllConnections();
    server.close();
    await rowlock.release();
    await pool.end();
  }
});

test("Our preset in their PostGraphile shows an employee's jobs beside the shop's own tables", async () => {
  Object.assign(process.env, reader.env, { SHOP_DATABASE_URL: shopUrl });
  const { preset, pool } = await reader.load<OwnGraphile>("graphile.ts");
  const own = postgraphile(preset);
  try {
    const { schema, resolvedPreset } = await own.getSchemaResult();
    const ask = async <Data>(source: string, employee?: Employee) => {
      const requestContext = { employee } as Partial<Grafast.RequestContext>;
      const answer = await grafast({ schema, source, resolvedPreset, requestContext });
      assert.ok(!(Symbol.asyncIterator in answer));
      return { data: plain(answer.data) as Data, errors: answer.errors ?? [] };
    };
    const { order, job } = await orderAndJob(manager, "tape");
    const jobs = "{ jobs { nodes { rowId task payload } } companies { nodes { id } } }";
    type Jobs = { jobs: { nodes: object[] }; companies: { nodes: object[] } };

    const { data } = await ask<Jobs>(jobs, manager);
    const expected = { rowId: job, task: "orders/confirm", payload: { orderId: order } };
    assert.deepEqual(data.jobs.nodes.at(-1), expected);
    assert.ok(data.companies.nodes.length > 1);
    assert.deepEqual((await ask<Jobs>(jobs, rival)).data.jobs.nodes.length, 1);

    const launched = await ask(
      `mutation { launchJob(input: { task: "orders/confirm", payload: { orderId: "${order}" } }) { job { state } } }`,
      manager,
    );
    assert.deepEqual(launched.data, { launchJob: { job: { state: "queued" } } });

    const refused = (await ask(jobs)).errors[0]?.originalError;
    assert.ok(refused instanceof RowlockError && refused.code === "UNAUTHENTICATED");
  } finally {
    await own.release();
    for (const service of preset.pgServices ?? []) await service.release?.();
    await pool.end();
  }
});

/** Without the null prototypes of GraphQL's objects. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
