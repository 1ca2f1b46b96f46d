import { z } from "zod";
import { type Endpoint, parseQuery, type RouteContext, withErrors } from "../../api/index.ts";
import {
  endpoints,
  listNamed,
  listRuns,
  metrics,
  type Named,
  namedQuery,
  runQuery,
  testSets,
} from "../store/lists.ts";
import { testRun } from "../store/runs.ts";

const next = z.uuid().nullable().describe("Pass as `after` for the next page; null on the last one");
const runPage = z.object({ testRuns: z.array(testRun), next }).meta({ id: "TestRunPage" });

/** What there is: looked up by name or id, or read a page at a time. */
export function listEndpoints(context: RouteContext): Endpoint[] {
  return [
    listing(
      context,
      { collection: "test-sets", key: "testSets", page: "TestSetPage", what: "test sets" },
      testSets,
    ),
    listing(
      context,
      { collection: "endpoints", key: "endpoints", page: "EndpointPage", what: "endpoints" },
      endpoints,
    ),
    listing(context, { collection: "metrics", key: "metrics", page: "MetricPage", what: "metrics" }, metrics),
    {
      method: "get",
      path: "/test-runs",
      operation: {
        operationId: "listTestRuns",
        summary: "List runs, newest first",
        requestParams: { query: runQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: runPage } } } },
          { "422": "A parameter that is unknown or out of bounds" },
        ),
      },
      async handle(request) {
        const query = parseQuery(runQuery, request);
        const { page, next } = await context.inTenant(request, (tx) => listRuns(tx, query));
        return { testRuns: page, next };
      },
    },
  ];
}

export function listing(
  { inTenant }: RouteContext,
  { collection, key, page, what }: { collection: string; key: string; page: string; what: string },
  named: Named,
): Endpoint {
  const schema = z.object({ [key]: z.array(named.schema), next }).meta({ id: page });
  return {
    method: "get",
    path: `/${collection}`,
    operation: {
      operationId: `list-${collection}`,
      summary: `List ${what}, oldest first`,
      requestParams: { query: namedQuery },
      responses: withErrors(
        { "200": { description: "A page", content: { "application/json": { schema } } } },
        { "422": "A parameter that is unknown or out of bounds" },
      ),
    },
    async handle(request) {
      const query = parseQuery(namedQuery, request);
      const found = await inTenant(request, (tx) => listNamed(tx, named, query));
      return { [key]: found.page, next: found.next };
    },
  };
}
