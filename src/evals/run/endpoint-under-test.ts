import { z } from "zod";
import { modelSchema } from "../models/index.ts";
import { endpointSettings, promptTemplate } from "../request/index.ts";

/** A model that is itself what is tested, as a run keeps it. */
export const modelEndpoint = z.object({
  id: z.uuid(),
  kind: z.literal("model"),
  model: modelSchema,
  requestTemplate: promptTemplate,
  timeoutMs: z.int(),
  maxAttempts: z.int(),
  ratePerMinute: z.int().nullable(),
});

export type ModelEndpoint = z.output<typeof modelEndpoint>;

/** Whatever a run asks: a product by HTTP, or a model. */
export const endpointUnderTest = z.union([modelEndpoint, endpointSettings]);

export type EndpointUnderTest = z.output<typeof endpointUnderTest>;
