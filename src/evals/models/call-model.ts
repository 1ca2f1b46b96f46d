import type { StreamTextResult, ToolSet } from "ai";
import type { z } from "zod";
import { withGuardedFetch } from "../safe-fetch/index.ts";
import type { Usage } from "./cost.ts";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { languageModel } from "./provider.ts";

const maxAnswerBytes = 8_000_000;

export type Message = { role: "user" | "assistant"; content: string };

export type CallOptions = {
  system?: string | undefined;
  messages: Message[];
  /** What the answer must be like: given to the provider as JSON Schema, and not checked here. */
  schema?: z.ZodType | undefined;
  maxTokens?: number | undefined;
  idempotencyKey: string;
  signal: AbortSignal;
  /** Ranges that may be reached although not public: setting ALLOW_INTERNAL_ADDRESSES. */
  allow: readonly string[];
  /** Given, the answer is streamed, and each piece of its text handed over as it comes. */
  onText?: ((piece: string) => void) | undefined;
};

export type CallAnswer = { text: string; usage: Usage; finishReason: string; responseId: string };

/** One request to a model and its answer. The SDK tries nothing again: that is the job's part. */
export async function callModel(model: Model, options: CallOptions): Promise<CallAnswer> {
  const { generateText, Output, streamText } = await import("ai");
  // The SDK would write them to the console.
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  const { timeoutMs, parameters } = model;
  const { schema, signal, allow, onText } = options;
  return await withGuardedFetch({ timeoutMs, maxBytes: maxAnswerBytes, signal, allow }, async (fetch) => {
    const request = {
      model: await languageModel(model, fetch),
      messages: options.messages,
      maxRetries: 0,
      headers: { "idempotency-key": options.idempotencyKey },
      ...(options.system === undefined ? {} : { system: options.system }),
      ...(parameters.temperature === undefined ? {} : { temperature: parameters.temperature }),
      ...maxTokens(options.maxTokens ?? parameters.maxTokens),
      // Only its JSON Schema is the SDK's: what came is parsed here, where its faults can be told to the model.
      ...(schema === undefined
        ? {}
        : { output: { ...Output.object({ schema }), parseCompleteOutput: async () => null } }),
    };
    if (onText === undefined) {
      const { text, finishReason, usage, response } = await generateText(request);
      return { text, finishReason, usage: usageOf(usage), responseId: response.id };
    }
    return await readStream(streamText({ ...request, onError: () => {} }), model, onText);
  });
}

async function readStream(
  stream: StreamTextResult<ToolSet, never>,
  model: Model,
  onText: (piece: string) => void,
): Promise<CallAnswer> {
  let text = "";
  for await (const part of stream.fullStream) {
    // What it throws of its own accord, and not of the call, is that the end is missing.
    if (part.type === "error") throw isEarlyEnd(part.error) ? cut(model, part.error) : part.error;
    if (part.type !== "text-delta") continue;
    text += part.text;
    onText(part.text);
  }
  // A server that closes the connection in good order may still have left off in the middle.
  if ((await stream.rawFinishReason) === undefined) throw cut(model);
  const [finishReason, usage, response] = await Promise.all([
    stream.finishReason,
    stream.usage,
    stream.response,
  ]);
  return { text, finishReason, usage: usageOf(usage), responseId: response.id };
}

function isEarlyEnd(error: unknown): boolean {
  return (
    error instanceof Error &&
    ["AI_NoOutputGeneratedError", "AI_InvalidResponseDataError"].includes(error.name)
  );
}

function cut(model: Model, cause?: unknown): ModelError {
  return new ModelError("cut", `The answer of the model "${model.name}" broke off.`, { cause });
}

function maxTokens(count: number | undefined): { maxOutputTokens?: number } {
  return count === undefined ? {} : { maxOutputTokens: count };
}

/** Not every server counts; what is not known is null and not nought. */
function usageOf(given: { inputTokens: number | undefined; outputTokens: number | undefined }): Usage {
  return { inputTokens: given.inputTokens ?? null, outputTokens: given.outputTokens ?? null };
}
