import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import { findResult, resultDetail } from "../store/results.ts";
import { addTest, replaceTest, testInput } from "../store/tests.ts";
import { replacing } from "./setup-endpoints.ts";

const byId = z.object({ id: z.uuid() });
const added = z.object({ id: z.uuid() }).meta({ id: "AddedTest" });

/** Single tests, and single results with all that was said. */
export function testEndpoints(context: RouteContext): Endpoint[] {
  const { inTenant } = context;
  return [
    {
      method: "post",
      path: "/test-sets/{id}/tests",
      operation: {
        operationId: "addTest",
        summary: "Add a test to the end of a test set",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: testInput } } },
        responses: withErrors(
          { "201": { description: "Its id", content: { "application/json": { schema: added } } } },
          {
            "400": "The body is not JSON",
            "403": "Your role only reads, or you are not a member",
            "404": "No such test set in your organization",
            "422": "A field that cannot be used",
          },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const test = parseBody(testInput, request);
        const testId = await inTenant(request, (tx) => addTest(tx, id, test));
        response.status(201);
        return { id: testId };
      },
    },
    replacing(context, "tests", "a test", testInput, replaceTest),
    {
      method: "get",
      path: "/test-results/{id}",
      operation: {
        operationId: "getTestResult",
        summary: "A result; of a conversation with all that was said",
        requestParams: { path: byId },
        responses: withErrors(
          { "200": { description: "The result", content: { "application/json": { schema: resultDetail } } } },
          { "404": "No such result in your organization", "422": "The id is not a uuid" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, (tx) => findResult(tx, id));
      },
    },
  ];
}
