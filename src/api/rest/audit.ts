import { z } from "zod";
import { type AuditEntry, listAudit } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { type Endpoint, withErrors } from "./endpoint.ts";
import { parseQuery } from "./route.ts";
import { pageQuery } from "./schemas.ts";

const auditQuery = pageQuery.extend({
  action: z.string().max(100).optional().describe("Such as cancel, or update schedule"),
});
const auditPage = z
  .object({
    entries: z.array(
      z.object({
        id: z.uuid(),
        at: z.iso.datetime(),
        userId: z.uuid().nullable().describe("Null for operators"),
        apiKeyId: z.uuid().nullable(),
        operator: z.string().nullable(),
        source: z.string().describe("The door: rest, graphql, api, sql, task"),
        jobId: z.uuid().nullable().describe("The task that did it for its user"),
        action: z.string(),
        subject: z.string().nullable().describe("An id or a name"),
        before: z.unknown(),
        after: z.unknown(),
      }) satisfies z.ZodType<AuditEntry>,
    ),
    next: z.uuid().nullable(),
  })
  .meta({ id: "AuditPage" });

/** Who did what, for administrators. */
export function auditEndpoints({ inTenant }: RouteContext): Endpoint[] {
  return [
    {
      method: "get",
      path: "/audit",
      operation: {
        operationId: "listAudit",
        summary: "What people, keys and operators did, newest first",
        requestParams: { query: auditQuery },
        responses: withErrors(
          { "200": { description: "A page", content: { "application/json": { schema: auditPage } } } },
          { "403": "Only administrators may", "422": "A parameter that is unknown or out of bounds" },
        ),
      },
      handle: (request) => {
        const query = parseQuery(auditQuery, request);
        return inTenant(request, (tx) => listAudit(tx, query));
      },
    },
  ];
}
