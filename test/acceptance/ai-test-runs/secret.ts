import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import { listening } from "../../evals/listening.ts";
import { createTestDatabase, type TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { asOwner } from "../../helpers/organization.ts";
import { ended, execute, newClient, setUp } from "../spine/client.ts";
import { startApiProcess, startWorkerProcess } from "../spine/processes.ts";

const planted = Object.fromEntries(
  ["token", "key", "tenant", "client", "access", "refused"].map((what) => [
    what,
    // The key may stand in a host's name, the others are written otherwise wherever they come.
    `${what}${what === "key" ? "" : '"&/'}${randomBytes(16).toString("hex")}`,
  ]),
) as Record<"token" | "key" | "tenant" | "client" | "access" | "refused", string>;

/** A secret as it may stand in a text: as it is, or written in some usual way. */
function forms(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    // Twice: JSON in JSON.
    JSON.stringify(JSON.stringify(secret).slice(1, -1)).slice(1, -1),
    encodeURIComponent(secret),
    Buffer.from(secret).toString("base64"),
    Buffer.from(secret).toString("hex"),
    // What nothing escapes.
    secret.slice(-32),
  ];
}

function assertClean(where: string, text: string): void {
  for (const [what, secret] of Object.entries(planted)) {
    for (const form of forms(secret)) assert(!text.includes(form), `the ${what} stands in ${where}`);
  }
}

/** The worst product there is: it answers with all that it was sent, in its body, headers, status and redirects. */
async function serveEcho() {
  let seen = "";
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    seen += JSON.stringify(request.headers);
    if (request.url === "/token") {
      return response
        .writeHead(200, { "content-type": "application/json" })
        .end(JSON.stringify({ access_token: planted.access, expires_in: 3_600 }));
    }
    const { input } = JSON.parse(body) as { input: string };
    const sent = { output: `${input}: ${JSON.stringify(request.headers)}`, raw: request.headers };
    const all = Object.values(request.headers)
      .join(" ")
      .replaceAll(/[^ -~]/g, "");
    if (input === "redirect") {
      return response
        .writeHead(302, { location: `http://${planted.key}.invalid/${encodeURIComponent(all)}` })
        .end();
    }
    const type = input === "html" ? all : "application/json";
    const status = input === "error" ? 418 : 200;
    response
      .writeHead(status, { "content-type": type, "x-echo": all })
      .end(input === "html" ? `<html>${all}` : JSON.stringify(sent));
  });
  return { seen: () => seen, ...(await listening(server)) };
}

async function everyTable(db: TestDatabase): Promise<string> {
  const tables = await asOwner<{ name: string }>(
    db,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'm') and n.nspname !~ '^pg_(toast|temp)'`,
  );
  assert(tables.length > 50);
  let all = "";
  for (const { name } of tables) {
    const { rows } = await db.pool("admin").query<{ row: string }>(`select t::text as row from ${name} t`);
    for (const { row } of rows) all += `${name} ${row}\n`;
  }
  return all;
}

const auths = {
  bearer: { type: "bearer", token: planted.token },
  header: { type: "header", name: "x-own", value: planted.token },
  oauth: { type: "oauth", clientId: "rowlock", clientSecret: planted.client },
};

/** Line 7: secrets in every place of an endpoint, an endpoint that echoes them in every way, and a look into everything. */
export async function secretNowhere(): Promise<string> {
  await using ends = new AsyncDisposableStack();
  const db = ends.use(await createTestDatabase());
  const api = await startApiProcess(db);
  ends.defer(() => api.stop());
  const worker = await startWorkerProcess(db, "rowlock");
  ends.defer(() => worker.stop());
  const client = await newClient(db, api.url);
  const echo = ends.use(await serveEcho());
  const answers: string[] = [];
  const rest = async (method: string, path: string, body?: unknown) => {
    const answer = await client.rest(method, path, body);
    answers.push(JSON.stringify(answer));
    return answer as Record<string, unknown>;
  };
  const inputs = ["echo", "error", "html", "redirect"];
  for (const [name, auth] of Object.entries(auths)) {
    const tokenUrl = new URL("/token", echo.url).href;
    const endpoint = {
      url: echo.url,
      requestTemplate: { input: "{{ input }}" },
      responsePath: "output",
      responseMapping: { context: "raw", toolCalls: "raw" },
      maxAttempts: 1,
      headers: { "x-api-key": planted.key },
      secretHeaders: { "x-tenant": planted.tenant },
      auth: name === "oauth" ? { ...auth, tokenUrl } : auth,
    };
    const setup = await setUp(client, {
      name,
      endpoint,
      metric: { kind: "contains", parameters: { text: "echo" } },
      file: inputs.map((input) => JSON.stringify({ input })).join("\n"),
      columns: "input=input",
    });
    const runId = await execute(client, setup);
    await ended(client, runId, 30_000);
    const { jobId } = await rest("POST", `/api/endpoints/${setup.endpointId}/try`, { input: "echo" });
    const job = () => rest("GET", `/api/jobs/${String(jobId)}`);
    const tried = await until(job, ({ state }) => state === "succeeded" || state === "failed", 15_000);
    assert.equal(tried.state, "succeeded", JSON.stringify(tried));
    await rest("GET", `/api/endpoints/${setup.endpointId}`);
    const page = await rest("GET", `/api/test-runs/${runId}/results`);
    assert.deepEqual(
      (page.results as { state: string }[]).map(({ state }) => state),
      ["passed", "errored", "errored", "errored"],
      JSON.stringify(page),
    );
    for (const format of ["jsonl", "csv"]) {
      const file = await fetch(`${api.url}/api/test-runs/${runId}/export?format=${format}`, {
        headers: { authorization: `Bearer ${client.token}` },
      });
      assert.equal(file.status, 200);
      answers.push(await file.text());
    }
    await rest("GET", `/api/batches/${String((await rest("GET", `/api/test-runs/${runId}`)).batchId)}`);
  }
  // Requests that are refused, with a secret in each place.
  const refused = async (path: string, json: unknown) => {
    const answer = await fetch(api.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${client.token}`, "content-type": "application/json" },
      body: JSON.stringify(json),
    });
    answers.push(await answer.text());
    return answer.status;
  };
  const bad = { name: "bad", url: "nonsense", auth: { type: "bearer", token: planted.refused } };
  assert.equal(await refused("/api/endpoints", bad), 422);
  const line = { ...bad, url: echo.url, auth: { type: "bearer", token: `${planted.refused}\n` } };
  assert.equal(await refused("/api/endpoints", line), 422);
  const mutation =
    "mutation ($endpoint: EndpointFields!) { createEndpoint(input: { endpoint: $endpoint }) { endpoint { id } } }";
  assert.equal(await refused("/graphql", { query: mutation, variables: { endpoint: bad } }), 200);
  for (const path of ["jobs", "endpoints", "test-runs", "batches", "audit"])
    await rest("GET", `/api/${path}`);
  answers.push(
    JSON.stringify(
      await client.graphql(`{
        endpoints(first: 9) { nodes { name url headers auth secrets requestTemplate } }
        testRuns(first: 9) { nodes { endpoint testResults(first: 9) {
          nodes { output context toolCalls errorMessage job { payload } } } } }
        jobs(first: 100) { nodes { payload result errorMessage } }
        auditEntries(first: 100) { nodes { before after } }
      }`),
    ),
  );

  const seen = echo.seen();
  for (const what of ["token", "key", "tenant", "access"] as const) {
    assert(
      forms(planted[what]).some((form) => seen.includes(form)),
      `the endpoint was sent the ${what}`,
    );
  }
  assertClean("an answer", answers.join("\n"));
  assertClean("a log", JSON.stringify([...api.lines, ...worker.lines]));
  const rows = await everyTable(db);
  assertClean("a table", rows);
  const lines = api.lines.length + worker.lines.length;
  return `${Object.keys(planted).length} secrets in ${Object.keys(auths).length} endpoints, each looked for in ${forms("x").length} ways: in none of ${answers.length} answers of REST and GraphQL (results, errors, exports of runs, audit), ${lines} lines of logs, ${rows.split("\n").length - 1} rows of the database`;
}
