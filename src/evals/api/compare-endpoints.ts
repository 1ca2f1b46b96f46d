import { z } from "zod";
import {
  type Endpoint,
  parseBody,
  parseParams,
  parseQuery,
  type RouteContext,
  withErrors,
} from "../../api/index.ts";
import { listByTest, testTally } from "../store/by-test.ts";
import { compareRuns, compareWithBaseline, comparison } from "../store/compare.ts";
import { findRun, rescoreTestRun, testRun } from "../store/runs.ts";
import { metricChoice } from "./metric-choice.ts";

const byId = z.object({ id: z.uuid() });
const byTwo = z.object({ id: z.uuid(), other: z.uuid() });

const rescoreRequest = z.strictObject({ metricIds: metricChoice }).meta({ id: "RescoreRequest" });

const tallyQuery = z.strictObject({
  first: z.coerce.number().int().min(1).max(1_000).default(100).describe("Page size"),
  after: z.coerce.number().int().min(0).optional().describe("`next` of the page before"),
});

const tallyPage = z
  .object({
    tests: z.array(testTally),
    next: z.int().nullable().describe("Pass as `after` for the next page; null on the last one"),
  })
  .meta({ id: "TestTallyPage" });

/** A run judged by other metrics, its tests over all repetitions, and two runs side by side. */
export function compareEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/test-runs/{id}/rescore",
      operation: {
        operationId: "rescoreTestRun",
        summary: "Judge the stored outputs of a run by other metrics; the endpoint is not asked",
        requestParams: { path: byId },
        requestBody: { content: { "application/json": { schema: rescoreRequest } } },
        responses: withErrors(
          { "201": { description: "The new run", content: { "application/json": { schema: testRun } } } },
          {
            "403": "Your role only reads, or you are not a member",
            "404": "No such run or metric in your organization",
            "409": "The run is under way",
            "422": "A field that cannot be used",
          },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const { metricIds } = request.body === undefined ? {} : parseBody(rescoreRequest, request);
        const run = await inTenant(request, async (tx) =>
          findRun(tx, await rescoreTestRun(tx, id, metricIds)),
        );
        response.status(201).location(`/api/test-runs/${run.id}`);
        return run;
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}/tests",
      operation: {
        operationId: "listTestTallies",
        summary: "The tests of a run in their order, each with how often it passed in its repetitions",
        requestParams: { path: byId, query: tallyQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: tallyPage } } } },
          { "404": "No such run in your organization", "422": "A parameter out of bounds" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const query = parseQuery(tallyQuery, request);
        return inTenant(request, async (tx) => {
          await findRun(tx, id);
          return await listByTest(tx, id, query);
        });
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}/compare/{other}",
      operation: {
        operationId: "compareTestRuns",
        summary: "Compare a run with a later one: what flipped, and whether that can be chance",
        requestParams: { path: byTwo },
        responses: withErrors(
          {
            "200": {
              description: "`id` is before, `other` is after",
              content: { "application/json": { schema: comparison } },
            },
          },
          { "404": "One of the two is no run of your organization", "422": "An id is not a uuid" },
        ),
      },
      handle: (request) => {
        const { id, other } = parseParams(byTwo, request);
        return inTenant(request, (tx) => compareRuns(tx, id, other));
      },
    },
    {
      method: "get",
      path: "/test-runs/{id}/regressions",
      operation: {
        operationId: "testRunRegressions",
        summary: "Compare a run with the baseline of its test set, else with the run before it",
        requestParams: { path: byId },
        responses: withErrors(
          {
            "200": {
              description: "The baseline, or the last completed run of the same set and endpoint, is before",
              content: { "application/json": { schema: comparison } },
            },
          },
          {
            "404": "No such run in your organization, or nothing to compare it with",
            "422": "The id is not a uuid",
          },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, (tx) => compareWithBaseline(tx, id));
      },
    },
  ];
}
