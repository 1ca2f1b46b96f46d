import { z } from "zod";

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
});

export type Endpoint = z.output<typeof endpointSchema>;

/** What a template may name. A test's expected output is never among them: the endpoint must not see it. */
export const requestVariables: readonly string[] = ["input"];
