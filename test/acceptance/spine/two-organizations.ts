import assert from "node:assert/strict";
import { withTenant } from "../../../src/tenancy/index.ts";
import { reply, serveBot } from "../../evals/bot.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { allResults, type Client, ended, execute, newClient, type Run, setUp } from "./client.ts";
import { type Process, startApiProcess, startWorkerProcess } from "./processes.ts";

const tests = 60;
const longestRunMs = 60_000;
const numbers = Array.from({ length: tests }, (_, n) => n);
/** The same for both. */
const file = numbers.map((n) => JSON.stringify({ input: `${n}`, expected: `${n}` })).join("\n");

/** An organization with a bot of its own, whose answers carry its mark and are right for every `divisor`-th test. */
type Side = { mark: string; divisor: number; client: Client; runId: string };

const isRight = (n: number, { divisor }: Pick<Side, "divisor">) => n % divisor === 0;

/**
 * Two organizations run the same set at the same time, on the same two workers; every delivery in the broker is
 * edited before to name the other organization. @returns what came of it; throws where one touched or saw the other's
 */
export async function twoOrganizations(): Promise<{
  results: number;
  editedDeliveries: number;
  seconds: number;
}> {
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const first = await startWorkerProcess(db, "rowlock");
  // It wrote the catalogue; the deliveries are to be edited before anyone takes them.
  await first.stop();
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());

  const join = async (mark: string, divisor: number): Promise<Side> => {
    const bot = ends.use(
      await serveBot((input, response) =>
        reply(response, {
          output: `${mark} says ${isRight(Number(input), { divisor }) ? input : "something"}`,
        }),
      ),
    );
    const client = await newClient(db, api.url);
    const setup = await setUp(client, {
      name: `set of ${mark}`,
      endpoint: { url: bot.url, requestTemplate: { input: "{{ input }}" }, responsePath: "output" },
      metric: { kind: "number" },
      file,
      columns: "input=input&expected=expected",
    });
    return { mark, divisor, client, runId: await execute(client, setup) };
  };
  const began = performance.now();
  const [north, south] = await Promise.all([join("aurora", 2), join("zephyr", 3)]);
  const editedDeliveries = await crossDeliveries(db, north, south);

  const workers = await Promise.all([startWorkerProcess(db, "rowlock"), startWorkerProcess(db, "rowlock")]);
  ends.defer(async () => void (await Promise.all(workers.map((worker) => worker.stop()))));
  const runs = await Promise.all(
    [north, south].map(({ client, runId }) => ended(client, runId, longestRunMs)),
  );
  const seconds = (performance.now() - began) / 1000;

  for (const [side, other, run] of [
    [north, south, runs[0]],
    [south, north, runs[1]],
  ] as const) {
    await everyRowIsRight(db, side, run);
    seesNothingIn(side, other, await readEverything(db, side));
    // How often it polled depends on how soon the run ended; these make sure that there is a log to look at.
    for (let request = 0; request < 10; request += 1) await side.client.rest("GET", "/api/tasks");
    assertLog(api, side, other);
  }
  // After the logs were looked at: an id that one asks for stands in the log of its own request.
  await asksForTheOthers(north, south);
  await asksForTheOthers(south, north);
  return { results: 2 * tests, editedDeliveries, seconds };
}

/** Makes each delivery name the other organization, its user and a result of its, in every spelling one might read. */
async function crossDeliveries(db: TestDatabase, north: Side, south: Side): Promise<number> {
  const { rowCount } = await db.pool("admin").query(
    `update graphile_worker._private_jobs b
     set payload = (b.payload::jsonb || jsonb_build_object(
       'organization_id', o.id, 'organizationId', o.id, 'organization', o.id, 'tenant', o.id,
       'user_id', o.user_id, 'userId', o.user_id, 'role', 'owner', 'id', o.result,
       'payload', jsonb_build_object('id', o.result), 'claims', jsonb_build_object('organization_id', o.id)))::json
     from rowlock.job j,
       (values ($1::uuid, $2::uuid, $3::uuid), ($4, $5, $6)) o(own, id, user_id),
       lateral (select r.id from evals.test_results r where r.organization_id = o.id order by r.position limit 1) x(result)
     where j.id = (b.payload ->> 'job')::uuid and o.own = j.organization_id`.replaceAll(
      "o.result",
      "x.result",
    ),
    [
      ...[north.client.organizationId, south.client.organizationId, south.client.userId],
      ...[south.client.organizationId, north.client.organizationId, north.client.userId],
    ],
  );
  assert.equal(rowCount, 2 * tests);
  return rowCount;
}

async function everyRowIsRight(db: TestDatabase, side: Side, run: Run | undefined): Promise<void> {
  const { client, mark, runId } = side;
  const right = numbers.filter((n) => isRight(n, side)).length;
  assert.deepEqual(
    [run?.state, run?.total, run?.passed, run?.failed],
    ["completed", tests, right, tests - right],
  );
  assert.deepEqual(
    (await allResults(client, runId)).map(({ input, output, state }) => [input, output, state]),
    numbers.map((n) => [
      `${n}`,
      `${mark} says ${isRight(n, side) ? n : "something"}`,
      isRight(n, side) ? "passed" : "failed",
    ]),
  );
  const { rows } = await db.pool("admin").query(
    `select count(*)::int as results,
       count(*) filter (where r.organization_id = $1 and e.organization_id = $1 and j.organization_id = $1
         and j.user_id = $2 and d.state = 'succeeded' and d.attempt = 1)::int as own
     from evals.test_results r
     join evals.evaluations e on e.test_result_id = r.id
     join rowlock.job j on j.payload ->> 'id' = r.id::text
     join rowlock.job_end d on d.id = j.id
     where r.test_run_id = $3`,
    [client.organizationId, client.userId, runId],
  );
  assert.deepEqual(rows, [{ results: tests, own: tests }]);
}

/** All that an organization can read, through each door, as text. */
async function readEverything(db: TestDatabase, { client, runId }: Side): Promise<Record<string, string>> {
  const tables = [
    "endpoints",
    "metrics",
    "test_sets",
    "tests",
    "test_set_tests",
    "test_configurations",
    "test_runs",
  ];
  const sql = await withTenant(db.pool("api"), client.member, async (tx) => {
    const texts: unknown[] = [];
    for (const table of [...tables, "test_results", "evaluations"]
      .map((name) => `evals.${name}`)
      .concat("rowlock.jobs")) {
      const { rows } = await tx.query(`select to_jsonb(t) as row from ${table} t`);
      assert(rows.length > 0, table);
      texts.push(rows);
    }
    return texts;
  });
  const graphql = await client.graphql(`{
    endpoints { nodes { id name url } } metrics { nodes { id name } } testSets { nodes { id name } }
    tests(first: 100) { nodes { id input } } testRuns { nodes { id userId endpoint } }
    testResults(first: 100) { totalCount nodes { id output } } evaluations(first: 100) { totalCount nodes { testResultId reason } }
    jobs(first: 100) { totalCount nodes { id payload userId } } users { nodes { id email } } organizations { nodes { id name } } }`);
  for (const list of ["testResults", "evaluations", "jobs"]) {
    assert.equal((graphql[list] as { totalCount: number }).totalCount, tests, list);
  }
  const jobs = (await client.rest("GET", "/api/jobs?first=100")) as { jobs: unknown[] };
  assert.equal(jobs.jobs.length, tests);
  const rest = [jobs, await allResults(client, runId), await client.rest("GET", `/api/test-runs/${runId}`)];
  return { SQL: JSON.stringify(sql), GraphQL: JSON.stringify(graphql), REST: JSON.stringify(rest) };
}

function seesNothingIn(side: Side, other: Side, texts: Record<string, string>): void {
  for (const [door, text] of Object.entries(texts)) {
    assert(text.includes(side.mark), `${door} shows its own to ${side.mark}`);
    for (const secret of secretsOf(other))
      assert(!text.includes(secret), `${door} shows ${secret} to ${side.mark}`);
  }
}

const secretsOf = ({ mark, client, runId }: Side) => [mark, client.organizationId, client.userId, runId];

/** The API's log has a line for each request, names whose it was, and repeats nothing of what was sent or answered. */
function assertLog({ lines }: Process, side: Side, other: Side): void {
  const own = lines.filter(({ organizationId }) => organizationId === side.client.organizationId);
  assert(own.length > 10, `${own.length} lines of ${side.mark}`);
  for (const line of own.map((one) => JSON.stringify(one))) {
    for (const secret of secretsOf(other)) assert(!line.includes(secret), line);
  }
  for (const line of lines.map((one) => JSON.stringify(one))) {
    assert(!line.includes(side.mark) && !line.includes(side.client.token), line);
  }
}

/** By their ids, through each door: what is another's is as good as absent. */
async function asksForTheOthers({ client }: Side, other: Side): Promise<void> {
  const { jobs } = (await other.client.rest("GET", "/api/jobs?first=1")) as { jobs: { id: string }[] };
  const paths = [
    `/api/test-runs/${other.runId}`,
    `/api/test-runs/${other.runId}/results`,
    `/api/jobs/${jobs[0]?.id}`,
  ];
  for (const path of paths) {
    assert.deepEqual([await other.client.status(path), await client.status(path)], [200, 404], path);
  }
  const query = "query ($run: UUID!, $job: UUID!) { testRun(id: $run) { id } job(id: $job) { id } }";
  const seen = await client.graphql(query, { run: other.runId, job: jobs[0]?.id });
  assert.deepEqual(seen, { testRun: null, job: null });
}
