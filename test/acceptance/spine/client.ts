import { readSettings } from "../../../src/sdk/index.ts";
import { issueToken } from "../../../src/tenancy/index.ts";
import type { TestDatabase } from "../../helpers/database.ts";
import { until } from "../../helpers/jobs.ts";
import { makeOrganization, type TestOrganization } from "../../helpers/organization.ts";
import { jwtSecret } from "./processes.ts";

export type Run = {
  id: string;
  state: string;
  total: number;
  passed: number;
  failed: number;
  errored: number;
  finishedAt: string | null;
};

export type Result = { id: string; position: number; state: string; input: string; output: string | null };

/** A user of an organization who knows the API's address and a token, and nothing else. */
export type Client = TestOrganization & {
  token: string;
  /** The JSON of an answer. @throws for a status of 400 or more */
  rest(method: string, path: string, body?: unknown, type?: string): Promise<unknown>;
  status(path: string): Promise<number>;
  graphql(query: string, variables?: Record<string, unknown>): Promise<Record<string, unknown>>;
};

/** A new organization's owner. */
export async function newClient(db: TestDatabase, url: string): Promise<Client> {
  const organization = await makeOrganization(db);
  const settings = readSettings({ NODE_ENV: "test", JWT_SECRET: jwtSecret });
  const token = await issueToken(settings, { ...organization.member, expiresIn: "1h" });
  const headers = { authorization: `Bearer ${token}` };

  async function rest(
    method: string,
    path: string,
    body?: unknown,
    type = "application/json",
  ): Promise<unknown> {
    const response = await fetch(url + path, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-type": type }) },
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
    return JSON.parse(text) as unknown;
  }

  return {
    ...organization,
    token,
    rest,
    status: async (path) => (await fetch(url + path, { headers })).status,
    async graphql(query, variables = {}) {
      const { data, errors } = (await rest("POST", "/graphql", { query, variables })) as {
        data: Record<string, unknown>;
        errors?: { message: string }[];
      };
      if (errors !== undefined)
        throw new Error(`GraphQL: ${errors.map(({ message }) => message).join("; ")}`);
      return data;
    },
  };
}

export type Setup = {
  /** Of everything that is made. */
  name: string;
  endpoint: { url: string; requestTemplate: unknown; responsePath: string };
  metric: { kind: string; parameters?: Record<string, unknown> };
  /** JSONL, with the query string that maps its columns. */
  file: string;
  columns: string;
};

/** Makes what a run needs, each through the API. */
export async function setUp(client: Client, { name, endpoint, metric, file, columns }: Setup) {
  const make = async (collection: string, fields: Record<string, unknown>) =>
    ((await client.rest("POST", `/api/${collection}`, { name, ...fields })) as { id: string }).id;
  const endpointId = await make("endpoints", endpoint);
  const metricId = await make("metrics", metric);
  const testSetId = await make("test-sets", {});
  await client.rest("POST", `/api/test-sets/${testSetId}/import?${columns}`, file, "application/x-ndjson");
  return { endpointId, metricIds: [metricId], testSetId };
}

/** Launches a run through GraphQL. @returns its id */
export async function execute(client: Client, input: Awaited<ReturnType<typeof setUp>>): Promise<string> {
  const { executeTestSet } = (await client.graphql(
    "mutation ($input: ExecuteTestSetInput!) { executeTestSet(input: $input) { result { id } } }",
    { input },
  )) as { executeTestSet: { result: { id: string } } };
  return executeTestSet.result.id;
}

/** The run once it has ended. */
export async function ended(client: Client, runId: string, timeoutMs: number): Promise<Run> {
  const run = async () => (await client.rest("GET", `/api/test-runs/${runId}`)) as Run;
  return await until(run, ({ finishedAt }) => finishedAt !== null, timeoutMs);
}

/** All results of a run, page by page. */
export async function allResults(client: Client, runId: string): Promise<Result[]> {
  const all: Result[] = [];
  for (let after: number | null = -1; after !== null; ) {
    const query: string = after < 0 ? "" : `&after=${after}`;
    const page = (await client.rest("GET", `/api/test-runs/${runId}/results?first=500${query}`)) as {
      results: Result[];
      next: number | null;
    };
    all.push(...page.results);
    after = page.next;
  }
  return all;
}
