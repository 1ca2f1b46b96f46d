import { z } from "zod";
import { type Endpoint, parseBody, parseParams, type RouteContext, withErrors } from "../../api/index.ts";
import type { TenantTransaction } from "../../tenancy/index.ts";
import { endpointInput } from "../store/endpoint-input.ts";
import { createEndpoint, replaceEndpoint } from "../store/endpoints.ts";
import { createMetric, metricInput, replaceMetric } from "../store/metrics.ts";
import { createTestSet, testSetInput } from "../store/test-sets.ts";

const byId = z.object({ id: z.uuid() });
const made = z.object({ id: z.uuid() }).meta({ id: "Made" });

/** What an organization sets up before it runs anything: endpoints, metrics, test sets. */
export function setupEndpoints(context: RouteContext): Endpoint[] {
  const { settings } = context;
  return [
    creating(context, "endpoints", "an endpoint", endpointInput, (tx, input) =>
      createEndpoint(tx, input, settings),
    ),
    replacing(context, "endpoints", "an endpoint", endpointInput, (tx, id, input) =>
      replaceEndpoint(tx, id, input, settings),
    ),
    creating(context, "metrics", "a metric", metricInput, createMetric),
    replacing(context, "metrics", "a metric", metricInput, replaceMetric),
    creating(context, "test-sets", "a test set", testSetInput, createTestSet),
  ];
}

export function creating<Schema extends z.ZodType>(
  { inTenant }: RouteContext,
  collection: string,
  what: string,
  schema: Schema,
  create: (tx: TenantTransaction, input: z.output<Schema>) => Promise<string>,
): Endpoint {
  return {
    method: "post",
    path: `/${collection}`,
    operation: {
      operationId: `create-${collection}`,
      summary: `Create ${what}`,
      requestBody: { required: true, content: { "application/json": { schema } } },
      responses: withErrors(
        { "201": { description: "Its id", content: { "application/json": { schema: made } } } },
        {
          "400": "The body is not JSON",
          "404": "What it refers to is not in your organization",
          "409": "The name is taken",
          "422": "A field that cannot be used",
        },
      ),
    },
    async handle(request, response) {
      const input = parseBody(schema, request);
      const id = await inTenant(request, (tx) => create(tx, input));
      response.status(201);
      return { id };
    },
  };
}

export function replacing<Schema extends z.ZodType>(
  { inTenant }: RouteContext,
  collection: string,
  what: string,
  schema: Schema,
  replace: (tx: TenantTransaction, id: string, input: z.output<Schema>) => Promise<string>,
): Endpoint {
  return {
    method: "put",
    path: `/${collection}/{id}`,
    operation: {
      operationId: `replace-${collection}`,
      summary: `Replace ${what}; runs under way keep the one they began with`,
      requestParams: { path: byId },
      requestBody: { required: true, content: { "application/json": { schema } } },
      responses: withErrors(
        { "200": { description: "Its id", content: { "application/json": { schema: made } } } },
        {
          "400": "The body is not JSON",
          "404": "No such row in your organization",
          "409": "The name is taken",
          "422": "A field that cannot be used",
        },
      ),
    },
    async handle(request) {
      const { id } = parseParams(byId, request);
      const input = parseBody(schema, request);
      return { id: await inTenant(request, (tx) => replace(tx, id, input)) };
    },
  };
}
