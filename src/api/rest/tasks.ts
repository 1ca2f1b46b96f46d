import { listTasks } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { taskList } from "./schemas.ts";

/** The catalogue: what can be launched, with the schema each payload must fit. */
export function taskEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/tasks",
      operation: {
        operationId: "listTasks",
        summary: "List tasks",
        responses: withErrors(
          { "200": { description: "All of them", content: { "application/json": { schema: taskList } } } },
          {},
        ),
      },
      handle: async (request) => ({ tasks: await inTenant(request, listTasks) }),
    },
  ];
}
