import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import { cancelTestRun, findRun, retryTestRun, testRun } from "../store/runs.ts";

const byId = z.object({ id: z.uuid() });

const cancelRunRequest = z
  .strictObject({
    reason: z.string().max(500).optional().describe("Shown with each test that was cancelled"),
  })
  .meta({ id: "CancelTestRunRequest" });

const errors = {
  "403": "Your role only reads, or you are not a member",
  "404": "No such run in your organization",
} as const;

/** Cancelling a run, and having what nobody could judge tried again. */
export function runControlEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "post",
      path: "/test-runs/{id}/cancel",
      operation: {
        operationId: "cancelTestRun",
        summary: "Cancel all of a run that is not finished",
        requestParams: { path: byId },
        requestBody: { content: { "application/json": { schema: cancelRunRequest } } },
        responses: withErrors(
          {
            "200": {
              description: "The run; tests at work are cancelled about a second later",
              content: { "application/json": { schema: testRun } },
            },
          },
          {
            ...errors,
            "409": "The run is over",
            "422": "The id is not a uuid, or a field is out of bounds",
          },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        const { reason } = request.body === undefined ? {} : parseBody(cancelRunRequest, request);
        return inTenant(request, async (tx) => {
          await cancelTestRun(tx, id, reason);
          return await findRun(tx, id);
        });
      },
    },
    {
      method: "post",
      path: "/test-runs/{id}/retry",
      operation: {
        operationId: "retryTestRun",
        summary: "Run the tests again that errored or were cancelled",
        requestParams: { path: byId },
        responses: withErrors(
          { "200": { description: "The run", content: { "application/json": { schema: testRun } } } },
          {
            ...errors,
            "409": "The run is under way, or every test was judged",
            "422": "The id is not a uuid",
          },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, async (tx) => {
          await retryTestRun(tx, id);
          return await findRun(tx, id);
        });
      },
    },
  ];
}
