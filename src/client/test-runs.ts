import type { CallOptions, Connection } from "./connection.ts";
import { ApiError } from "./errors.ts";
import { type Pages, pagesOf } from "./pages.ts";
import type { Comparison, TestResult, TestRun } from "./types.ts";
import { watch } from "./watch.ts";

/** Names or ids. */
export type Execution = {
  testSet: string;
  endpoint: string;
  /** Which judge. Not given: those of the test set, and if it has none all of the organization. */
  metrics?: readonly string[] | undefined;
  repeat?: number | undefined;
  concurrency?: number | undefined;
};

export type TestRuns = {
  /** Executes a test set against an endpoint. @throws ApiError NOT_FOUND for a name that is not there */
  execute(execution: Execution, options?: CallOptions): Promise<TestRun>;
  get(id: string, options?: CallOptions): Promise<TestRun>;
  /** As it is now and after each change, to its end. */
  watch(id: string, options?: CallOptions): AsyncGenerator<TestRun, void, undefined>;
  /** In the order of its tests. */
  results(
    id: string,
    options?: CallOptions & { state?: TestResult["state"] | undefined; first?: number | undefined },
  ): Pages<TestResult, number>;
  cancel(id: string, options?: CallOptions & { reason?: string | undefined }): Promise<TestRun>;
  /** Runs the tests again that errored or were cancelled. */
  retry(id: string, options?: CallOptions): Promise<TestRun>;
  /** Judges its stored outputs by other metrics, as a run of its own. */
  rescore(id: string, options?: CallOptions & { metrics?: readonly string[] | undefined }): Promise<TestRun>;
  /** With a later run; without one: its baseline, else the run before it, with this one. */
  compare(id: string, later?: string, options?: CallOptions): Promise<Comparison>;
};

// It is told when what was asked for has changed: so all of it that changes.
const subscription = `subscription ($id: UUID!) { testRun(id: $id) {
  id summary { state queued running passed failed errored cancelled } } }`;
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export function testRunsOf(connection: Connection): TestRuns {
  const at = (id: string) => `/api/test-runs/${encodeURIComponent(id)}`;
  const get = (id: string, options: CallOptions = {}) => connection.call<TestRun>("GET", at(id), options);

  /** A name is looked for before an id: something may have an id as its name. */
  async function find(collection: string, key: string, nameOrId: string, call: CallOptions): Promise<string> {
    for (const query of [{ name: nameOrId }, ...(uuid.test(nameOrId) ? [{ id: nameOrId }] : [])]) {
      type Listed = Record<string, { id: string }[]>;
      const found = await connection.call<Listed>("GET", `/api/${collection}`, { ...call, query });
      const [one] = found[key] ?? [];
      if (one !== undefined) return one.id;
    }
    const message = `There is no ${collection.replace("-", " ").replace(/s$/, "")} "${nameOrId}" in this organization.`;
    throw new ApiError("NOT_FOUND", message, { status: 404 });
  }
  const findMetrics = (names: readonly string[] | undefined, call: CallOptions) =>
    names && Promise.all(names.map((name) => find("metrics", "metrics", name, call)));

  return {
    async execute({ testSet, endpoint, metrics, ...rest }, call = {}) {
      const [testSetId, endpointId, metricIds] = await Promise.all([
        find("test-sets", "testSets", testSet, call),
        find("endpoints", "endpoints", endpoint, call),
        findMetrics(metrics, call),
      ]);
      const body = { endpointId, metricIds, ...rest };
      return await connection.call("POST", `/api/test-sets/${testSetId}/execute`, { ...call, body });
    },
    get,
    watch: (id, options = {}) =>
      watch(
        connection,
        {
          read: (call) => get(id, call),
          rings: { query: subscription, id },
          ended: ({ finishedAt }) => finishedAt !== null,
        },
        options,
      ),
    results: (id, { signal, timeoutMs, ...filter } = {}) =>
      pagesOf(async (after) => {
        const call = { signal, timeoutMs, query: { ...filter, after } };
        type Listed = { results: TestResult[]; next: number | null };
        const { results, next } = await connection.call<Listed>("GET", `${at(id)}/results`, call);
        return { items: results, next };
      }),
    cancel: (id, { reason, ...options } = {}) =>
      connection.call("POST", `${at(id)}/cancel`, { ...options, body: { reason } }),
    retry: (id, options) => connection.call("POST", `${at(id)}/retry`, options),
    async rescore(id, { metrics, ...call } = {}) {
      const body = { metricIds: await findMetrics(metrics, call) };
      return await connection.call("POST", `${at(id)}/rescore`, { ...call, body });
    },
    compare: (id, later, options) =>
      connection.call(
        "GET",
        later === undefined ? `${at(id)}/regressions` : `${at(id)}/compare/${encodeURIComponent(later)}`,
        options,
      ),
  };
}
