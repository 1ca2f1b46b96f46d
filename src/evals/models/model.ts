import { z } from "zod";

export const providers = ["openai", "anthropic", "google", "mistral", "groq", "openai-compatible"] as const;
export type Provider = (typeof providers)[number];

/** What models are asked for. `endpoint`: the model is itself what is tested. */
export const purposes = ["judge", "generation", "simulated_user", "endpoint"] as const;
export type Purpose = (typeof purposes)[number];

/** Purposes for which an organization may have a default model. */
export const defaultPurposes = ["judge", "generation", "simulated_user"] as const;

export const modelParameters = z.strictObject({
  temperature: z.number().min(0).max(2).optional(),
  maxTokens: z.int().min(1).max(1_000_000).optional().describe("Longest answer, in tokens"),
});

/** A price as exact decimal text: money is never a float. */
export const price = z
  .string()
  .regex(/^\d{1,8}(\.\d{1,6})?$/, 'write it like "2.50"')
  .describe('Per million tokens, in the currency you count in, such as "2.50"');

/** A model as it is stored and as runs keep it: without its key. */
export const modelSchema = z.object({
  id: z.uuid(),
  name: z.string(),
  provider: z.enum(providers),
  model: z.string(),
  baseUrl: z.string().nullable(),
  parameters: modelParameters,
  inputPrice: price.nullable(),
  outputPrice: price.nullable(),
  timeoutMs: z.int(),
});

export type StoredModel = z.output<typeof modelSchema>;
/** A model as `askModel` needs it. */
export type Model = StoredModel & { key: string | null };
