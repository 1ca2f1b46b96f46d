import { z } from "zod";
import { authSchema } from "./auth.ts";

const path = z.string().min(1).max(500);

/** Where else something is in an answer; what is not named is not looked for. */
export const responseMapping = z
  .strictObject({
    context: path.optional().describe("What the product knew when it answered, such as documents it found"),
    toolCalls: path.optional(),
    conversationId: path.optional(),
  })
  .describe("JSONata paths to what else is kept of an answer")
  .meta({ id: "ResponseMapping" });

/** What is kept of an endpoint: how to ask it, and where in its answer the output is. */
export const endpointSchema = z.object({
  url: z.string().min(1).max(2_000).describe("http or https"),
  method: z.enum(["GET", "POST", "PUT", "PATCH"]).default("POST"),
  headers: z.record(z.string().max(200), z.string().max(8_000)).default({}).describe("Sent as they are"),
  requestTemplate: z
    .json()
    .default(null)
    .describe("JSON body; its texts are Liquid templates over `input`. null: no body"),
  responsePath: z
    .string()
    .min(1)
    .max(500)
    .describe("JSONata path to the output in the JSON answer, such as choices[0].message.content"),
  responseMapping: responseMapping.default({}),
});

export type Endpoint = z.output<typeof endpointSchema>;

/** The same as a run keeps it: secrets by their ids, and the bounds of its calls. */
export const endpointSettings = z.object({
  id: z.uuid(),
  kind: z.literal("http").default("http"),
  ...endpointSchema.shape,
  timeoutMs: z.int(),
  auth: authSchema.default({ type: "none" }),
  authSecretId: z.uuid().nullable().default(null),
  secretHeaders: z.record(z.string(), z.uuid()).default({}),
  maxAttempts: z.int().default(4),
  ratePerMinute: z.int().nullable().default(null),
});

export type EndpointSettings = z.output<typeof endpointSettings>;
