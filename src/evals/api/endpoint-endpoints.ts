import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import { findEndpoint, shownEndpoint } from "../store/endpoints.ts";
import { launchTry, tryRequest } from "../store/try-endpoint.ts";

const byId = z.object({ id: z.uuid() });
const launched = z
  .object({ jobId: z.uuid().describe("GET /api/jobs/{id} has what came of it as `result`") })
  .meta({ id: "EndpointTry" });

/** Looking at one endpoint, and trying it. */
export function endpointEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/endpoints/{id}",
      operation: {
        operationId: "getEndpoint",
        summary: "An endpoint; of its secrets which there are and since when",
        requestParams: { path: byId },
        responses: withErrors(
          {
            "200": {
              description: "The endpoint",
              content: { "application/json": { schema: shownEndpoint } },
            },
          },
          { "404": "No such endpoint in your organization", "422": "The id is not a uuid" },
        ),
      },
      handle: (request) => {
        const { id } = parseParams(byId, request);
        return inTenant(request, (tx) => findEndpoint(tx, id));
      },
    },
    {
      method: "post",
      path: "/endpoints/{id}/try",
      operation: {
        operationId: "tryEndpoint",
        summary: "Call an endpoint once with one input, in a job",
        requestParams: { path: byId },
        requestBody: { required: true, content: { "application/json": { schema: tryRequest } } },
        responses: withErrors(
          { "202": { description: "The job", content: { "application/json": { schema: launched } } } },
          {
            "400": "The body is not JSON",
            "403": "Your role only reads, or you are not a member",
            "404": "No such endpoint in your organization",
            "422": "A field that cannot be used",
          },
        ),
      },
      async handle(request, response) {
        const { id } = parseParams(byId, request);
        const body = parseBody(tryRequest, request);
        const jobId = await inTenant(request, (tx) => launchTry(tx, id, body));
        response.status(202).location(`/api/jobs/${jobId}`);
        return { jobId };
      },
    },
  ];
}
