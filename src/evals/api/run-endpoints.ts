import { z } from "zod";
import {
  type Endpoint,
  parseBody,
  parseParams,
  parseQuery,
  type RouteContext,
  withErrors,
} from "../../api/index.ts";
import { listResults, resultState, testResult } from "../store/results.ts";
import { executeTestSet, findRun, testRun } from "../store/runs.ts";
import { metricChoice } from "./metric-choice.ts";

const byId = z.object({ id: z.uuid() });

export const executeRequest = z
  .strictObject({
    endpointId: z.uuid(),
    metricIds: metricChoice,
    repeat: z.int().min(1).max(20).default(1).describe("How often each test is executed"),
    concurrency: z
      .int()
      .min(1)
      .max(1_000)
      .optional()
      .describe("How many tests at most at once; 1: one after the other. Without: as many as workers take"),
  })
  .meta({ id: "ExecuteRequest" });

const resultQuery = z.strictObject({
  state: resultState.optional(),
  first: z.coerce.number().int().min(1).max(1_000).default(100).describe("Page size"),
  after: z.coerce.number().int().min(0).optional().describe("`next` of the page before"),
});

const resultPage = z
  .object({
    results: z.array(testResult),
    next: z.int().nullable().describe("Pass as `after` for the next page; null on the last one"),
  })
  .meta({ id: "TestResultPage" });

/** Executing a test set, and reading what came of it. */
export function runEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/test-sets/{id}/execute",
      operation: {
        operationId: "executeTestSet",
        summary: "Execute a test set against an endpoint",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: executeRequest } } },
        responses: withErrors(
          { "201": { description: "The run", content: { "application/json": { schema: testRun } } } },
          {
            "400": "The body is not JSON",
            "403": "Your role only reads, or you are not a member",
            "404": "No such test set, endpoint or metric in your organization",
            "422": "A field that cannot be used, or a set without tests",
          },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const body = parseBody(executeRequest, request);
        const run = await inTenant(request, async (tx) =>
          findRun(tx, await executeTestSet(tx, { testSetId: id, ...body })),
        );
        response.status(201).location(`/api/test-runs/${run.id}`);
        return run;
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}",
      operation: {
        operationId: "getTestRun",
        summary: "A run with its state, counts and pass rate",
        requestParams: { path: byId },
        responses: withErrors(
          { "200": { description: "The run", content: { "application/json": { schema: testRun } } } },
          { "404": "No such run in your organization", "422": "The id is not a uuid" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, (tx) => findRun(tx, id));
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}/results",
      operation: {
        operationId: "listTestResults",
        summary: "Results of a run, in the order of its tests",
        requestParams: { path: byId, query: resultQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: resultPage } } } },
          { "404": "No such run in your organization", "422": "A parameter out of bounds" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const query = parseQuery(resultQuery, request);
        return inTenant(request, async (tx) => {
          await findRun(tx, id);
          return await listResults(tx, id, query);
        });
      },
    },
  ];
}
