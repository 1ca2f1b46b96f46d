import { readViewer } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { viewer } from "./schemas.ts";

/** Who sends the request. */
export function viewerEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/viewer",
      operation: {
        operationId: "getViewer",
        summary: "Who you are: organization, user and role",
        responses: withErrors(
          { "200": { description: "You", content: { "application/json": { schema: viewer } } } },
          {},
        ),
      },
      handle: (request) => inTenant(request, (tx) => readViewer(tx)),
    },
  ];
}
