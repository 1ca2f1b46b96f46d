import type { LanguageModel } from "ai";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";

type Fetch = typeof globalThis.fetch;

/** Written out, as the SDK would otherwise look for them in the worker's environment. */
const baseUrls = {
  openai: "https://api.openai.com/v1",
  anthropic: "https://api.anthropic.com/v1",
  google: "https://generativelanguage.googleapis.com/v1beta",
  mistral: "https://api.mistral.ai/v1",
  groq: "https://api.groq.com/openai/v1",
} as const;

/**
 * The SDK's face of a model. Loaded when the first one is asked: an API that only stores models does without.
 * @throws ModelError (setting) without a key where the provider wants one
 */
export async function languageModel(model: Model, fetch: Fetch): Promise<LanguageModel> {
  if (model.provider === "openai-compatible") {
    if (model.baseUrl === null) throw new ModelError("setting", `The model "${model.name}" has no base URL.`);
    const { createOpenAICompatible } = await import("@ai-sdk/openai-compatible");
    const key = model.key === null ? {} : { apiKey: model.key };
    const made = createOpenAICompatible({
      name: "openai-compatible",
      baseURL: model.baseUrl,
      ...key,
      fetch,
      includeUsage: true,
      supportsStructuredOutputs: true,
    });
    return made.chatModel(model.model);
  }
  // Never left out: without one the SDK takes the key that the worker's own environment may hold.
  if (model.key === null) {
    throw new ModelError(
      "setting",
      `The model "${model.name}" has no key. Give it one: PUT /api/models/${model.id}.`,
    );
  }
  const settings = { apiKey: model.key, baseURL: model.baseUrl ?? baseUrls[model.provider], fetch };
  switch (model.provider) {
    case "openai":
      return (await import("@ai-sdk/openai")).createOpenAI(settings).chat(model.model);
    case "anthropic":
      return (await import("@ai-sdk/anthropic")).createAnthropic(settings)(model.model);
    case "google":
      return (await import("@ai-sdk/google")).createGoogleGenerativeAI(settings)(model.model);
    case "mistral":
      return (await import("@ai-sdk/mistral")).createMistral(settings)(model.model);
    case "groq":
      return (await import("@ai-sdk/groq")).createGroq(settings)(model.model);
  }
}
