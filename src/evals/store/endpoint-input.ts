import { z } from "zod";
import { authInput, endpointSchema } from "../request/index.ts";

/** How often an endpoint of either kind is called. */
export const callBounds = {
  maxAttempts: z.int().min(1).max(10).default(4).describe("Calls for one test at most"),
  concurrency: z.int().min(1).max(1_000).nullable().default(null).describe("Calls at once at most"),
  ratePerMinute: z.int().min(1).max(100_000).nullable().default(null).describe("Calls a minute at most"),
};

/** An endpoint as callers give it. */
export const endpointInput = z
  .strictObject({
    name: z.string().min(1).max(200),
    ...endpointSchema.shape,
    requestTemplate: endpointSchema.shape.requestTemplate.default({ input: "{{ input }}" }),
    responsePath: endpointSchema.shape.responsePath.default("output"),
    timeoutMs: z.int().min(100).max(600_000).default(30_000).describe("Longest call, in milliseconds"),
    auth: authInput.default({ type: "none" }),
    secretHeaders: z
      .record(z.string().min(1).max(200), z.string().min(1).max(8_000).nullable())
      .default({})
      .describe("Headers that are never shown again; null keeps the value that is stored"),
    ...callBounds,
  })
  .meta({ id: "EndpointInput" });

export type EndpointInput = z.output<typeof endpointInput>;
