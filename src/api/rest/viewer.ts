import { countJobs, readOverview, readViewer } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { parseQuery } from "./route.ts";
import { overview, overviewQuery, viewer } from "./schemas.ts";

/** Who sends the request, and what the organization's jobs do. */
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
    {
      method: "get",
      path: "/overview",
      operation: {
        operationId: "getOverview",
        summary: "What the organization's jobs do: states, ends per minute, waiting, errors",
        requestParams: { query: overviewQuery },
        responses: withErrors(
          { "200": { description: "The overview", content: { "application/json": { schema: overview } } } },
          { "422": "minutes is out of bounds" },
        ),
      },
      async handle(request) {
        const { minutes } = parseQuery(overviewQuery, request);
        const [rest, states] = await Promise.all([
          inTenant(request, (tx) => readOverview(tx, minutes)),
          inTenant(request, (tx) => countJobs(tx)),
        ]);
        return { states, ...rest };
      },
    },
  ];
}
