import assert from "node:assert/strict";
import { findJob, listJobs } from "../../../src/jobs/index.ts";
import { readSettings } from "../../../src/sdk/index.ts";
import { issueToken, type TenantTransaction, withTenant } from "../../../src/tenancy/index.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { asOwner, type TestOrganization } from "../../helpers/organization.ts";
import { jwtSecret, startApiProcess } from "../spine/processes.ts";
import { fillWithJobs } from "./million-rows.ts";

const times = 200;
/** Until plans and connections are what they will be. */
const warmUp = 20;
const page = 50;

/** 95th percentiles in milliseconds, by what was read. */
export type Reads = { sql: Record<string, number>; graphql: Record<string, number>; fillSeconds: number };

/** Reads the jobs of an organization that has 400,000 of a million, as it sees them itself. */
export async function readAMillion(): Promise<Reads> {
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const began = performance.now();
  const large = await fillWithJobs(db);
  const fillSeconds = (performance.now() - began) / 1000;
  const [size] = await asOwner<{ all: string; large: string }>(
    db,
    `select count(*) as all, count(*) filter (where organization_id = '${large.organizationId}') as large
     from rowlock.job`,
  );
  assert.deepEqual(size, { all: "1000000", large: "400000" });
  const sql = await bySql(db, large);
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  return { sql, graphql: await byGraphql(api.url, large), fillSeconds };
}

/** What the API's own functions take inside of a tenant transaction, claims and role being set. */
async function bySql(db: TestDatabase, { member }: TestOrganization): Promise<Record<string, number>> {
  const measure = async <T>(read: (tx: TenantTransaction) => Promise<T>, check: (answer: T) => void) =>
    await percentile(() =>
      withTenant(db.pool("api"), member, async (tx) => {
        await tx.query("select");
        const began = performance.now();
        const answer = await read(tx);
        const ms = performance.now() - began;
        check(answer);
        return ms;
      }),
    );
  const first = async (filter: { state?: "failed" }) =>
    await withTenant(db.pool("api"), member, (tx) => listJobs(tx, { ...filter, first: page }));
  const list = (filter: { state?: "failed"; after?: string | undefined }) =>
    measure(
      (tx) => listJobs(tx, { ...filter, first: page }),
      ({ jobs }) => checkPage(jobs, filter.state, filter.after),
    );
  const [newest, failed] = [await first({}), await first({ state: "failed" })];
  const id = newest.jobs[7]?.id ?? "";
  let counts: Row[] = [];
  const figures = {
    newest: await list({}),
    "newest, next page": await list({ after: newest.next ?? undefined }),
    "newest failed": await list({ state: "failed" }),
    "newest failed, next page": await list({ state: "failed", after: failed.next ?? undefined }),
    "one by id": await measure(
      (tx) => findJob(tx, id),
      (job) => assert.equal(job?.id, id),
    ),
    "newest of two states": await measure(
      (tx) =>
        tx.query<Row>({
          name: "two_states",
          text: "select * from rowlock.jobs where state = any($1) order by id desc limit $2",
          values: [["failed", "running"], page],
        }),
      ({ rows }) => checkPage(rows),
    ),
    "count by state": await measure(
      (tx) =>
        tx.query<Row>({
          name: "counts",
          text: "select state, jobs from rowlock.count_jobs() order by state",
        }),
      ({ rows }) => {
        counts = rows;
      },
    ),
  };
  const byHand = await withTenant(db.pool("api"), member, (tx) =>
    tx.query<Row>("select state, count(*) as jobs from rowlock.jobs group by state order by state"),
  );
  assert.deepEqual(counts, byHand.rows);
  assert.equal(
    counts.reduce((sum, { jobs }) => sum + Number(jobs), 0),
    400_000,
  );
  return figures;
}

type Row = { id: string; state: string; jobs?: string };

const fields =
  "id task state key priority attempt progress payload result errorCode runAt startedAt finishedAt createdAt";
const newestQuery = `query ($after: Cursor, $filter: JobFilter) {
  jobs(first: ${page}, after: $after, orderBy: ID_DESC, filter: $filter) {
    nodes { ${fields} } pageInfo { endCursor } } }`;
const failedOnly = { state: { equalTo: "failed" } };

/** From sending the request to having read the answer. */
async function byGraphql(url: string, { member }: TestOrganization): Promise<Record<string, number>> {
  const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: jwtSecret });
  const token = await issueToken(settings, { ...member, expiresIn: "1h" });
  const ask = async (query: string, variables: Record<string, unknown>) => {
    const response = await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as { data: Data; errors?: unknown };
  };
  const measure = async (
    query: string,
    variables: Record<string, unknown>,
    check: (data: Data) => void,
  ): Promise<number> =>
    await percentile(async () => {
      const began = performance.now();
      const { data, errors } = await ask(query, variables);
      const ms = performance.now() - began;
      assert.equal(errors, undefined);
      check(data);
      return ms;
    });
  const list = async (filter?: unknown, state?: string) => {
    const { data } = await ask(newestQuery, { filter });
    const { nodes, pageInfo } = data.jobs;
    const last = nodes.at(-1)?.id;
    return [
      await measure(newestQuery, { filter }, ({ jobs }) => checkPage(jobs.nodes, state)),
      await measure(newestQuery, { filter, after: pageInfo.endCursor }, ({ jobs }) =>
        checkPage(jobs.nodes, state, last),
      ),
    ] as const;
  };
  const [newest, newestNext] = await list();
  const [failed, failedNext] = await list(failedOnly, "failed");
  const { data } = await ask(newestQuery, {});
  const id = data.jobs.nodes[7]?.id ?? "";
  return {
    newest,
    "newest, next page": newestNext,
    "newest failed": failed,
    "newest failed, next page": failedNext,
    "one by id": await measure(`query ($id: UUID!) { job(id: $id) { ${fields} } }`, { id }, ({ job }) =>
      assert.equal(job.id, id),
    ),
    "newest of two states": await measure(
      newestQuery,
      { filter: { state: { in: ["failed", "running"] } } },
      ({ jobs }) => checkPage(jobs.nodes),
    ),
    "count by state": await measure("{ jobCounts { state jobs } }", {}, ({ jobCounts }) =>
      assert.equal(
        jobCounts.reduce((sum, { jobs }) => sum + Number(jobs), 0),
        400_000,
      ),
    ),
  };
}

type Data = { jobs: { nodes: Row[]; pageInfo: { endCursor: string } }; job: Row; jobCounts: Row[] };

/** A whole page, newest first, after the last of the page before. */
function checkPage(rows: readonly { id: string; state: string }[], state?: string, after = "g"): void {
  assert.equal(rows.length, page);
  for (const [index, row] of rows.entries()) {
    assert.ok(row.id < (rows[index - 1]?.id ?? after));
    if (state !== undefined) assert.equal(row.state, state);
  }
}

async function percentile(measure: () => Promise<number>): Promise<number> {
  const taken: number[] = [];
  for (let time = -warmUp; time < times; time += 1) {
    const ms = await measure();
    if (time >= 0) taken.push(ms);
  }
  taken.sort((a, b) => a - b);
  return taken[Math.ceil(times * 0.95) - 1] ?? Number.NaN;
}
