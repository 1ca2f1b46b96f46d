import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import { setBaseline, setTestSetMetrics } from "../store/test-sets.ts";

const byId = z.object({ id: z.uuid() });
const changed = z.object({ id: z.uuid() }).meta({ id: "ChangedTestSet" });

const metricsRequest = z
  .strictObject({
    metricIds: z.array(z.uuid()).max(100).describe("All of them; an empty list for none of its own"),
  })
  .meta({ id: "TestSetMetricsRequest" });

const baselineRequest = z
  .strictObject({ testRunId: z.uuid().nullable().describe("A run of this set; null for no baseline") })
  .meta({ id: "BaselineRequest" });

const errors = {
  "400": "The body is not JSON",
  "403": "Your role only reads, or you are not a member",
  "422": "A field that cannot be used",
} as const;

/** What a test set says of its runs: who judges them, and against which of them the others are held. */
export function testSetEndpoints({ inTenant }: RouteContext): Endpoint[] {
  const answer = { "200": { description: "Its id", content: { "application/json": { schema: changed } } } };
  return [
    {
      method: "put",
      path: "/test-sets/{id}/metrics",
      operation: {
        operationId: "setTestSetMetrics",
        summary: "Say which metrics judge the runs of a test set when none are chosen at the execution",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: metricsRequest } } },
        responses: withErrors(answer, {
          ...errors,
          "404": "No such test set or metric in your organization",
        }),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const { metricIds } = parseBody(metricsRequest, request);
        return inTenant(request, async (tx) => {
          await setTestSetMetrics(tx, id, metricIds);
          return { id };
        });
      },
    },
    {
      method: "put",
      path: "/test-sets/{id}/baseline",
      operation: {
        operationId: "setBaseline",
        summary: "Name the run of a test set against which its others are compared",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: baselineRequest } } },
        responses: withErrors(answer, {
          ...errors,
          "404": "No such test set in your organization, or no such run of it",
        }),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const { testRunId } = parseBody(baselineRequest, request);
        return inTenant(request, async (tx) => {
          await setBaseline(tx, id, testRunId);
          return { id };
        });
      },
    },
  ];
}
