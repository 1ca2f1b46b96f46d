import { z } from "zod";
import { createDocument, type ZodOpenApiPathsObject } from "zod-openapi";
import { listTasks, type TaskInfo } from "../../jobs/index.ts";
import type { RouteContext } from "../extension.ts";
import { describeEndpoints, type Endpoint, withErrors } from "./endpoint.ts";

/** `GET /api/openapi.json`: the routes served here, and the tasks the caller may launch. */
export function openapiEndpoint(
  { inTenant }: RouteContext,
  endpoints: readonly Endpoint[],
  extensions: ZodOpenApiPathsObject,
): Endpoint {
  const own: Endpoint = {
    method: "get",
    path: "/openapi.json",
    operation: {
      operationId: "openapi",
      summary: "This document",
      responses: withErrors(
        {
          "200": {
            description: "An OpenAPI 3.1 document",
            content: { "application/json": { schema: z.looseObject({ openapi: z.string() }) } },
          },
        },
        {},
      ),
    },
    handle: async (request) => {
      const paths = { ...describeEndpoints([...endpoints, own]), ...extensions };
      return openapiDocument(paths, await inTenant(request, listTasks));
    },
  };
  return own;
}

export function openapiDocument(paths: ZodOpenApiPathsObject, tasks: readonly TaskInfo[]): object {
  return createDocument({
    openapi: "3.1.0",
    info: {
      title: "Rowlock",
      version: "1",
      description:
        "Jobs of an organization. Each request acts for the member that its token or API key names. GraphQL is at /graphql.",
    },
    security: [{ bearer: [] }, { apiKey: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A JWT, or an API key (rlk_…)" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key" },
      },
      schemas: Object.fromEntries(
        tasks.map((task) => {
          const name = componentOf(task.name);
          const schema = rooted(task.inputSchema, `#/components/schemas/${name}`);
          return [name, { ...schema, title: `Payload of the task ${task.name}` }];
        }),
      ),
    },
  });
}

/** Component names may not hold a slash. */
function componentOf(task: string): string {
  return `Payload.${task.replaceAll("/", ".")}`;
}

/** A schema's references start at its own root, which now lies within the document. */
function rooted(schema: Record<string, unknown>, root: string): Record<string, unknown> {
  const move = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(move);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        key === "$ref" && typeof item === "string" && item.startsWith("#")
          ? root + item.slice(1)
          : move(item),
      ]),
    );
  };
  const { $schema: _dialect, ...rest } = schema;
  return move(rest) as Record<string, unknown>;
}
