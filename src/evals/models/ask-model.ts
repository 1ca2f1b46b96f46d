import type { z } from "zod";
import { type CallOptions, callModel, type Message } from "./call-model.ts";
import { costOf, type Usage } from "./cost.ts";
import { explainFailure } from "./explain-failure.ts";
import type { Model } from "./model.ts";
import { ModelError } from "./model-error.ts";
import { readObject } from "./read-object.ts";

type Prompt = { prompt: string; messages?: undefined } | { messages: Message[]; prompt?: undefined };

export type AskOptions = Prompt &
  Omit<CallOptions, "messages" | "schema"> & {
    /**
     * Told of a call that was answered, and paid for, but whose answer is of no use. To be written into the ledger before
     * anything else happens.
     */
    onWasted?: ((call: AnsweredCall) => Promise<void>) | undefined;
  };

/** One call that was answered: a line of the ledger. */
export type AnsweredCall = { idempotencyKey: string; usage: Usage; cost: string | null };

export type ModelAnswer = AnsweredCall & { text: string; finishReason: string };

/**
 * Asks a model once. With a schema the answer is an object that fits it: one that does not fit is sent back once with
 * what is wrong with it.
 * @throws ModelError: MODEL_FAILED, which may pass (`passing`), or MODEL_REFUSED, which wants another setting
 * @throws RowlockError INTERNAL_ADDRESS; the signal's reason when it aborts
 */
export async function askModel<Schema extends z.ZodType>(
  model: Model,
  options: AskOptions & { schema: Schema },
): Promise<ModelAnswer & { object: z.output<Schema> }>;
export async function askModel(model: Model, options: AskOptions): Promise<ModelAnswer>;
export async function askModel(
  model: Model,
  options: AskOptions & { schema?: z.ZodType },
): Promise<ModelAnswer & { object?: unknown }> {
  const { schema, onWasted, prompt, messages: given, ...rest } = options;
  let messages: Message[] = given ?? [{ role: "user", content: prompt }];
  let idempotencyKey = options.idempotencyKey;
  for (let repairs = 0; ; repairs += 1) {
    const { responseId, ...answer } = await call(model, { ...rest, schema, messages, idempotencyKey });
    const cost = costOf(model, answer.usage);
    // Whatever it took to come to it, the answer has the caller's key: stored twice it is counted once.
    const asked = { ...answer, cost, idempotencyKey: options.idempotencyKey };
    if (schema === undefined) return asked;
    const read = readObject(schema, answer.text, answer.finishReason);
    if ("object" in read) return { ...asked, object: read.object };

    await onWasted?.({ ...asked, idempotencyKey: `${idempotencyKey}/${responseId}` });
    if (repairs === 1) {
      throw new ModelError(
        "answer",
        `The model "${model.name}" gave no object of the shape asked for, nor when told so: ${read.problem}. It said: ${excerpt(answer.text)}`,
      );
    }
    messages = [
      ...messages,
      // Providers refuse an empty turn.
      { role: "assistant", content: answer.text || "(nothing)" },
      {
        role: "user",
        content: `That cannot be used: ${read.problem}. Answer again with the JSON object alone.`,
      },
    ];
    idempotencyKey = `${options.idempotencyKey}/repair`;
  }
}

async function call(model: Model, options: CallOptions): ReturnType<typeof callModel> {
  try {
    return await callModel(model, options);
  } catch (error) {
    options.signal.throwIfAborted();
    throw await explainFailure(error, model);
  }
}

function excerpt(text: string): string {
  return text === "" ? "nothing." : JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}...` : text);
}
