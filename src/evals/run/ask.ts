import { type LongContext, RetryLater } from "../../jobs/index.ts";
import { RowlockError } from "../../sdk/index.ts";
import { callEndpoint, StaleToken } from "../call/index.ts";
import { storable, storableJson } from "../request/index.ts";
import type { KeyRing } from "../secrets/index.ts";
import type { Answer } from "./answer.ts";
import { askModelEndpoint } from "./ask-model-endpoint.ts";
import { type Begun, beginCall } from "./begin-call.ts";
import type { EndpointUnderTest } from "./endpoint-under-test.ts";
import { longestWaitMs, mayPass, waitMsAfter } from "./may-pass.ts";
import type { Call } from "./open-call.ts";
import type { Question } from "./question.ts";

export type Refusal = { code: string; message: string };
export type Asking = { allow: readonly string[]; ring: KeyRing };

/**
 * Asks the endpoint under test: the one place that decides whether it is asked again.
 * @param begun what `beginCall` said; the call is counted
 * @returns the answer, or the error to store
 * @throws RetryLater when the endpoint is to be called again later, or may only be called then
 */
export async function ask(
  context: LongContext,
  question: Question & { endpoint: EndpointUnderTest },
  resultId: string,
  begun: Begun,
  { allow, ring }: Asking,
): Promise<Answer | Refusal> {
  const { endpoint } = question;
  const { signal, transaction } = context;
  if (begun.kind === "wait") throw new RetryLater("The endpoint's rate has no place before.", begun.ms);
  if (begun.kind === "refused") return { code: begun.error.code, message: begun.error.message };
  if (begun.kind === "spent") {
    const message = `The endpoint was called ${endpoint.maxAttempts} times, as often as it may be, and no answer could be stored.`;
    return { code: "FETCH_FAILED", message };
  }
  const { call, attempt } = begun;
  try {
    return "model" in call
      ? await askModelEndpoint(call, question, resultId, context, allow)
      : await askByHttp(call, question, context, allow);
  } catch (error) {
    if (signal.aborted || !(error instanceof RowlockError)) throw error;
    const stale = error instanceof StaleToken;
    const times = attempt === 1 ? "" : ` It was called ${attempt} times.`;
    if ((!stale && !mayPass(error)) || attempt >= endpoint.maxAttempts) {
      return { code: error.code, message: error.message + times };
    }
    if (stale) {
      const again = await transaction((tx) => beginCall(tx, ring, resultId, endpoint));
      return await ask(context, question, resultId, again, { allow, ring });
    }
    const waitMs = waitMsAfter(error, attempt);
    if (waitMs > longestWaitMs) {
      const asks = ` It asks to be left alone for ${Math.ceil(waitMs / 1_000)} s, longer than is waited.`;
      return { code: error.code, message: error.message + asks + times };
    }
    throw new RetryLater(error.message, waitMs);
  }
}

async function askByHttp(
  { endpoint, credentials }: Exclude<Call, { model: unknown }>,
  { input, said }: Question,
  { job: { organizationId }, signal }: LongContext,
  allow: readonly string[],
): Promise<Answer> {
  const answer = await callEndpoint({ endpoint, credentials, organizationId, input, said, signal, allow });
  return {
    output: storable(answer.output),
    context: storableJson(answer.context),
    toolCalls: storableJson(answer.toolCalls),
    conversationId: answer.conversationId === null ? null : storable(answer.conversationId),
    durationMs: answer.durationMs,
    cost: null,
  };
}
