import type { LongContext } from "../../jobs/index.ts";
import { askModel, type Model, recordUsage } from "../models/index.ts";
import { type PromptTemplate, renderPrompt } from "../request/index.ts";
import { showAnswer, showMapped, showRequest, type Tried } from "./tried.ts";

/** Asks a model once and notes in `shown` how it went. What it cost stands in the ledger. */
export async function tryModel(
  { job, transaction, signal }: LongContext,
  shown: Tried,
  { model, requestTemplate, input }: { model: Model; requestTemplate: PromptTemplate; input: string },
  allow: readonly string[],
): Promise<void> {
  const prompt = renderPrompt(requestTemplate, input);
  // The provider's own format is its library's matter; shown is what a person wrote and what a person reads.
  const url = model.baseUrl ?? model.provider;
  shown.request = showRequest({ method: "POST", url, headers: {}, body: JSON.stringify(prompt) });
  const began = performance.now();
  const answer = await askModel(model, { ...prompt, signal, allow, idempotencyKey: `${job.id}/endpoint` });
  const durationMs = performance.now() - began;
  await transaction((tx) => recordUsage(tx, { model, purpose: "endpoint", jobId: job.id }, answer));
  const { text } = answer;
  shown.response = showAnswer({ status: 200, headers: {}, text, durationMs });
  shown.result = showMapped({ output: text, context: null, toolCalls: null, conversationId: null });
}
